import type { ServiceBusClient, ServiceBusReceiver } from "@azure/service-bus";
import { readReceived } from "../../bus/incoming.ts";
import type { Outbox } from "../../bus/outbox.ts";
import { reject } from "../../bus/reject.ts";
import { entities } from "../../bus/topology.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { FaultPoints } from "../../kernel/fault-points.ts";
import { Problem } from "../../kernel/problem.ts";
import type { RoutedMessage } from "../routed-message.ts";
import type { ServedTables } from "../served-table.ts";
import { decide } from "./decide.ts";
import type { DecisionLog } from "./log.ts";
import { Sending } from "./send.ts";
import { Turns } from "./turns.ts";
import { atUnmatched, lookThrough, pageOfUnmatched, read, type Kept } from "./unmatched.ts";

const takenAtOnce = 20;
const takeWaitMs = 2_000;
/** What the broker takes for a message's life is 32 bits of milliseconds; what is longer is none. */
const maxLifeMs = 4_294_967_295;
/** A caller waits for the answer; what is left is for the next call. */
const patienceMs = 60_000;

export interface ReplayerParts {
  /** A client of its own for each use, which is closed after it. */
  connect: () => ServiceBusClient;
  outbox: Outbox;
  tables: ServedTables;
  clock: Clock;
  faults: FaultPoints;
  log: DecisionLog;
}

export interface ReplayOptions {
  limit: number;
  /** Only messages that came in at this inbound endpoint. */
  inbound?: string | undefined;
}

/** What was done: `moved` were of other inbound endpoints and are at the end of the queue now; `rejected` were none of the router's. */
export interface Replayed {
  replayed: string[];
  moved: number;
  rejected: number;
  /** Whether messages that were there when it began are there still. */
  hasMore: boolean;
}

/** Where a kept message would go, or why it cannot be routed. */
interface Foretold {
  messageId: string;
  table: string;
  inbound: string;
  replay: number;
  outcome: string;
  version?: string;
  endpoints?: string[];
  reason?: string;
}

/** Messages that nothing matched: shown, and routed anew. */
export class Replayer {
  readonly #parts: ReplayerParts;
  readonly #sending: Sending;

  constructor(parts: ReplayerParts) {
    this.#parts = parts;
    this.#sending = new Sending(parts.outbox, parts.faults);
  }

  /** One page of what is kept. Nothing is taken. */
  async list(pageSize: number, after: string) {
    return await atUnmatched(this.#parts.connect, (receiver) => pageOfUnmatched(receiver, pageSize, after));
  }

  /** Where the kept messages would go by today's tables. Nothing is taken or sent. */
  async foretell({ limit, inbound }: ReplayOptions) {
    return await atUnmatched(this.#parts.connect, async (receiver) => {
      const messages: Foretold[] = [];
      for await (const { message } of lookThrough(receiver)) {
        if ("fault" in message || !fits(message, inbound)) continue;
        if (messages.length === limit) return { messages, hasMore: true };
        messages.push(await foretell(this.#parts.tables, message));
      }
      return { messages, hasMore: false };
    });
  }

  /**
   * Puts kept messages on the inbox again, at a replay higher by one, and only then takes each from its queue: after a crash it is taken again,
   * and what was sent twice has one decision. Costs three operations for each message, and one for each 100 that are there. A queue cannot be
   * asked for some of its messages: those of other inbound endpoints that come before are sent to its end.
   */
  async replay({ limit, inbound }: ReplayOptions): Promise<Replayed> {
    return await atUnmatched(this.#parts.connect, async (receiver) => {
      const there = await count(receiver, inbound);
      const done: Replayed = { replayed: [], moved: 0, rejected: 0, hasMore: false };
      const endMs = this.#parts.clock.monotonicMs() + patienceMs;
      const most = Math.min(limit, there.fitting);
      // What this sends may come back at once, unmatched again: only as many are looked at as were there.
      for (let looked = 0; looked < there.all && this.#parts.clock.monotonicMs() < endMs;) {
        const wanted = Math.min(takenAtOnce, there.all - looked, most - done.replayed.length);
        if (wanted === 0) break;
        const taken = await receiver.receiveMessages(wanted, { maxWaitTimeInMs: takeWaitMs });
        if (taken.length === 0) break;
        looked += taken.length;
        await settleAll(taken.map((received) => this.#replayOne(receiver, read(received), inbound, done)));
      }
      return { ...done, hasMore: done.replayed.length < there.fitting };
    });
  }

  async #replayOne(
    receiver: ServiceBusReceiver,
    { received, message }: Kept,
    inbound: string | undefined,
    done: Replayed,
  ): Promise<void> {
    const { outbox, faults, log } = this.#parts;
    await faults.reach("replay-taken");
    if ("fault" in message) {
      await reject(outbox, entities.routerUnmatched, readReceived(received), message.fault);
      done.rejected += 1;
    } else if (fits(message, inbound)) {
      const { pass } = message;
      const replay = pass.replay + 1;
      const messageId = `${pass.logicalId}:${replay}:replay`;
      await this.#sending.inbox({ ...message, pass: { ...pass, replay } }, messageId);
      await faults.reach("replay-sent");
      log.replayed(pass.logicalId, replay, pass.inbound);
      done.replayed.push(pass.logicalId);
    } else {
      await this.#sending.unmatched(message, this.#lifeLeftMs(received.expiresAtUtc));
      done.moved += 1;
    }
    await receiver.completeMessage(received);
    await faults.reach("replay-completed");
  }

  /** A message that is moved is kept no longer for it: decisions outlive queues, but not for ever. */
  #lifeLeftMs(expiresAt: Date | undefined): number | undefined {
    const leftMs = expiresAt ? expiresAt.getTime() - this.#parts.clock.now().getTime() : Number.NaN;
    return leftMs < maxLifeMs ? Math.max(1_000, leftMs) : undefined;
  }
}

async function foretell(tables: ServedTables, message: RoutedMessage): Promise<Foretold> {
  const { logicalId, table, inbound, replay } = message.pass;
  const of = { messageId: logicalId, table, inbound, replay };
  try {
    const served = await tables.serving(table);
    const { version, outcome, branches } = decide(message, served, new Turns());
    return { ...of, version, outcome, endpoints: branches.map(({ endpoint }) => endpoint) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { ...of, outcome: error.kind, reason: error.message };
  }
}

function fits({ pass }: RoutedMessage, inbound: string | undefined): boolean {
  return inbound === undefined || pass.inbound === inbound;
}

/** How many messages are there, and how many of them came in at this inbound endpoint. */
async function count(receiver: ServiceBusReceiver, inbound: string | undefined) {
  const counted = { all: 0, fitting: 0 };
  for await (const { message } of lookThrough(receiver)) {
    counted.all += 1;
    if (!("fault" in message) && fits(message, inbound)) counted.fitting += 1;
  }
  return counted;
}

/** Waits for all, whatever becomes of one: what has been taken is to be settled over the same connection. */
async function settleAll(all: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(all)) if (result.status === "rejected") throw result.reason;
}
