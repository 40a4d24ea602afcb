import { busLog } from "../../../../shared/bus/log.ts";
import { Outbox } from "../../../../shared/bus/outbox.ts";
import { noFaultPoints } from "../../../../shared/kernel/fault-points.ts";
import { Log } from "../../../../shared/kernel/log.ts";
import { Inbox } from "../../../../shared/routing/decision/inbox.ts";
import { decisionLog } from "../../../../shared/routing/decision/log.ts";
import { Router } from "../../../../shared/routing/decision/router.ts";
import type { Answer, Call, Outcome } from "../../../../shared/routing/endpoint/ports.ts";
import type { RoutedMessage } from "../../../../shared/routing/routed-message.ts";
import { busClient, type Sent } from "../../../support/bus-client.ts";
import { InMemoryTable } from "../../../support/in-memory-table.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { SwitchedTables } from "../../../support/switched-tables.ts";

export const answer: Answer = {
  status: 201,
  headers: { "x-service": "1" },
  body: Buffer.from("the answer"),
  contentType: "text/plain",
  isFault: false,
};

export const taken: Outcome = {
  kind: "taken",
  endpoint: "answer",
  answer,
  attempts: [{ endpoint: "answer", status: 201, tookMs: 3 }],
};

/** A router without a broker and without services: what it sends and calls is looked at. */
export function routerWith({ outcome = taken, faults = noFaultPoints, messages = new InMemoryTable() } = {}) {
  const clock = new ManualClock();
  const sent: Sent[] = [];
  const lines: string[] = [];
  const calls: Call[] = [];
  const recorded: RoutedMessage[] = [];
  const tables = new SwitchedTables();
  /** The rows that there were when a service was called. */
  const rowsAtCall: (string | undefined)[][] = [];
  const outbox = new Outbox(() => busClient((one) => void sent.push(one)), clock);
  const lineLog = new Log({ instance: "web-0", role: "web" }, clock, (line) => lines.push(line));
  const log = decisionLog(lineLog);
  const router = new Router({
    messages,
    tables,
    outbox,
    endpoints: {
      callTargets: async (call) => {
        calls.push(call);
        rowsAtCall.push(messages.rows(call.message.pass.logicalId).map(({ rowKey }) => rowKey));
        return outcome;
      },
    },
    recorded: { note: (message) => recorded.push(message) },
    clock,
    faults,
    log,
  });
  const inbox = new Inbox({
    router,
    tables,
    outbox,
    clock,
    faults,
    log,
    busLog: busLog(lineLog),
  });
  const events = () => lines.map((line): unknown => JSON.parse(line));
  return { router, inbox, messages, tables, clock, sent, calls, rowsAtCall, recorded, events };
}

/** A table with a service that answers requests, and a queue. */
export const asking = {
  inbound: {
    ask: { exchange: "request-reply" },
    events: { exchange: "one-way" },
    talk: { exchange: "duplex" },
  },
  endpoints: {
    answer: { address: "http://127.0.0.1:9/", exchange: "request-reply" },
    queue: { address: "queue:work", exchange: "one-way" },
    pair: { address: "queue:pair", exchange: "duplex" },
  },
  filters: { all: { type: "MatchAll" } },
  entries: ["answer", "queue", "pair"].map((endpoint) => ({ filter: "all", endpoint })),
};

/** A request over HTTP with these headers. */
export const httpTo = (inbound: string, body = "{}", headers: Record<string, string> = {}) => ({
  inbound,
  url: `http://host/api/router/${inbound}`,
  headers: Object.entries(headers),
  body: Buffer.from(body),
});
