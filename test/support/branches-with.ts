import type { ServiceBusMessage } from "@azure/service-bus";
import { noFaultPoints } from "../../shared/kernel/fault-points.ts";
import { Log } from "../../shared/kernel/log.ts";
import { Branches } from "../../shared/routing/branch/branches.ts";
import { branchRowKey, readBranchRow, type BranchState } from "../../shared/routing/branch/branch-row.ts";
import { branchLog } from "../../shared/routing/branch/log.ts";
import type { BranchesParts } from "../../shared/routing/branch/steps.ts";
import { carryBranch, readCarriedBranch, type CarriedBranch } from "../../shared/routing/carrier.ts";
import type { Answer, Call, EndpointPorts, Outcome } from "../../shared/routing/endpoint/ports.ts";
import type { Incoming } from "../../shared/bus/incoming.ts";
import { InMemoryTable } from "./in-memory-table.ts";
import { ManualClock } from "./manual-clock.ts";

/** A message as it was handed to Service Bus. */
export interface Sent {
  entity: string;
  body: Buffer;
  properties: Omit<ServiceBusMessage, "body">;
  delayMs: number;
}

/** Branches over a table in memory and a clock that the test moves; endpoints do as the test says. */
export class BranchesWith {
  readonly table = new InMemoryTable();
  readonly clock = new ManualClock();
  readonly sent: Sent[] = [];
  readonly mailboxes: Parameters<EndpointPorts["sendToMailbox"]>[0][] = [];
  readonly calls: Call[] = [];
  /** What each next try comes to; the last one stays. */
  outcomes: Outcome[] = [taken()];
  readonly branches: Branches;

  constructor(parts: Partial<BranchesParts> = {}, options = { maxTries: 3, retryMs: 1_000 }) {
    this.branches = new Branches(
      {
        table: this.table,
        endpoints: { callTargets: async (call) => this.#call(call) },
        send: async (entity, body, properties, delayMs = 0) =>
          void this.sent.push({ entity, body, properties, delayMs }),
        sendToMailbox: async (sending) => void this.mailboxes.push(sending),
        clock: this.clock,
        faults: noFaultPoints,
        log: branchLog(new Log({ instance: "web-0", role: "web" }, this.clock, () => undefined)),
        ...parts,
      },
      options,
    );
  }

  stateOf({ message, branch }: CarriedBranch): BranchState | undefined {
    const row = this.table.peek(message.pass.logicalId, branchRowKey(branch.index));
    return row && readBranchRow(row);
  }

  sentTo(entity: string): Sent[] {
    return this.sent.filter((one) => one.entity === entity);
  }

  /** The copies that were sent on, as they will come. */
  copies(): CarriedBranch[] {
    return this.sentTo("router-outbox").map(({ body, properties }) =>
      readCarriedBranch(arriving({ ...properties, body })),
    );
  }

  #call(call: Call): Outcome {
    this.calls.push(call);
    const [next] = this.outcomes;
    if (!next) throw new Error("Nothing is said of this try");
    if (this.outcomes.length > 1) this.outcomes.shift();
    return next;
  }
}

export function taken(answer?: Partial<Answer>, status = 200): Outcome {
  const whole = {
    status,
    headers: {},
    body: Buffer.alloc(0),
    contentType: undefined,
    isFault: false,
    ...answer,
  };
  return {
    kind: "taken",
    endpoint: "service",
    answer: whole,
    attempts: [{ endpoint: "service", status, tookMs: 1 }],
  };
}

export function failed(isFinal = false): Outcome {
  const attempts = [{ endpoint: "service", status: 503, error: "answered 503", tookMs: 1 }];
  return { kind: "failed", isFinal, answer: undefined, attempts };
}

export const skipped = (afterMs: number): Outcome => ({ kind: "skipped", afterMs, attempts: [] });

/** A copy as the trigger hands it over. */
export function incomingOf(carried: CarriedBranch, deliveryCount = 1): Incoming {
  return { ...arriving({ ...carryBranch(carried), body: carried.message.body }), deliveryCount };
}

/** A sent message as it arrives. */
export function arriving({
  body,
  messageId,
  contentType,
  applicationProperties,
}: ServiceBusMessage): Incoming {
  const properties: Incoming["applicationProperties"] = {};
  for (const [name, value] of Object.entries(applicationProperties ?? {}))
    if (typeof value === "string" || typeof value === "number") properties[name] = value;
  return {
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    messageId: String(messageId ?? ""),
    replyTo: undefined,
    replyToSessionId: undefined,
    correlationId: undefined,
    contentType,
    subject: undefined,
    sessionId: undefined,
    sequenceNumber: undefined,
    applicationProperties: properties,
    deliveryCount: 1,
    enqueuedAtMs: undefined,
  };
}
