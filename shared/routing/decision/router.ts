import type { Outbox } from "../../bus/outbox.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { FaultPoints } from "../../kernel/fault-points.ts";
import { Problem } from "../../kernel/problem.ts";
import type { Table } from "../../table/table-store.ts";
import type { Answer, CallTargets, RouterEntry } from "../endpoint/ports.ts";
import { routingLimits as limits } from "../limits.ts";
import type { RoutedMessage } from "../routed-message.ts";
import type { ServedTable, ServedTables } from "../served-table.ts";
import { answerOf } from "./answer.ts";
import { decide } from "./decide.ts";
import type { Decision, Undated } from "./decision.ts";
import { Decisions, type Settled } from "./decisions.ts";
import { enterOverHttp, refuseLoop, toMessage, type HttpMessage } from "./enter.ts";
import { logicalIdOf } from "./identity.ts";
import type { DecisionLog } from "./log.ts";
import { recordOutcome } from "./record-outcome.ts";
import { refuseUnsendable, Sending } from "./send.ts";
import { Turns } from "./turns.ts";

/** The platform's front end waits 230 s for an answer; within this there is one to give, if only that there is none. */
export const answerWithinMs = 225_000;

export interface RouterParts {
  /** The table `RoutedMessages`. */
  messages: Table;
  tables: ServedTables;
  outbox: Pick<Outbox, "sendRaw">;
  endpoints: CallTargets;
  /** Remembers messages that were routed, so that a new table can be tried on them. */
  recorded: { note(message: RoutedMessage): void };
  clock: Clock;
  faults: FaultPoints;
  log: DecisionLog;
}

export interface RouteOptions {
  /** By when a request must be answered. */
  withinMs?: number;
  /** Nobody waits for the answer of a request: it must say where that goes. */
  isQueued?: boolean;
}

/** What became of a message. */
export type Routed =
  /** Its branches are on the outbox, or it is kept as unmatched, or a copy of it that came earlier has seen to it. */
  | { kind: "sent" | "unmatched" | "superseded"; decision: Decision }
  | { kind: "answered"; decision: Decision; answer: Answer };

/**
 * The way of a message, until its branches are on the outbox or its request is answered:
 * match → decision kept, if the message has none → one message for each branch, or one on `router-unmatched`, or the call → done.
 * A crash between any two of these brings the message again (its sender does, over HTTP); then the decision that is kept is followed.
 */
export class Router {
  readonly #parts: RouterParts;
  readonly #decisions: Decisions;
  readonly #sending: Sending;
  readonly #turns = new Turns();

  constructor(parts: RouterParts) {
    this.#parts = parts;
    this.#decisions = new Decisions(parts.messages);
    this.#sending = new Sending(parts.outbox, parts.faults);
  }

  /** Routes a request that came in over HTTP. Throws Problem; BusError and RestError when nothing can be said of it now. */
  async post(http: HttpMessage): Promise<Routed> {
    const entering = enterOverHttp(http);
    const served = await this.#parts.tables.serving(entering.table);
    return await this.route(toMessage(entering, served), served);
  }

  /** Puts a branch into an inbound endpoint of a table on the inbox. Throws Problem, BusError. */
  async submit(entry: RouterEntry): Promise<void> {
    const message = entered(entry);
    await this.#sending.inbox(message, `${message.pass.logicalId}:0`);
  }

  /** Has a request that is a branch of another answered here. Throws Problem, BusError, RestError. */
  async request(entry: RouterEntry): Promise<Answer> {
    const served = await this.#parts.tables.serving(entry.table);
    const routed = await this.route(entered(entry), served, { withinMs: entry.withinMs });
    if (routed.kind === "answered") return routed.answer;
    throw new Problem(
      "invalid-request",
      `The inbound endpoint '${entry.inbound}' of ${routed.decision.version} is ${routed.decision.exchange}: it gives no answer`,
    );
  }

  /**
   * Routes a message by a table, or by the decision that it has. Costs a table call, two when it was decided before, and an operation for each
   * branch; a request costs its call and another table call.
   */
  async route(message: RoutedMessage, served: ServedTable, options: RouteOptions = {}): Promise<Routed> {
    const { withinMs = answerWithinMs, isQueued = false } = options;
    const { faults, log, tables, recorded } = this.#parts;
    await faults.reach("route-received");
    const { kind, decision } = await this.#settle(message, served, isQueued);
    await faults.reach("route-decided");
    if (kind === "made") {
      tables.countRouted(served, decision.inbound);
      recorded.note(message);
    }
    if (kind === "superseded") {
      log.superseded(message, decision);
      return { kind, decision };
    }
    if (decision.outcome === "no-match") {
      await this.#sending.unmatched(message);
      log.unmatched(decision);
      return { kind: "unmatched", decision };
    }
    log.routed(decision, kind === "stored");
    if (decision.exchange === "request-reply")
      return { kind: "answered", decision, answer: await this.#answer(message, decision, withinMs) };
    await this.#sending.branches(message, decision);
    return { kind: "sent", decision };
  }

  async #settle(message: RoutedMessage, served: ServedTable, isQueued: boolean): Promise<Settled> {
    let mine: Undated;
    try {
      mine = decide(message, served, this.#turns);
      refuseUnanswerable(message, mine, isQueued);
      refuseLarge(message, mine);
      refuseUnsendable(message, mine);
    } catch (error) {
      // What the table says now does not matter to a message that has been decided: it may have been sent in part.
      const stored = error instanceof Problem && (await this.#decisions.read(message.pass.logicalId));
      if (!stored || stored.replay < message.pass.replay) throw error;
      return { kind: stored.replay === message.pass.replay ? "stored" : "superseded", decision: stored };
    }
    await this.#parts.faults.reach("route-matched");
    return await this.#decisions.settle({ ...mine, decidedAt: this.#parts.clock.now().toISOString() });
  }

  async #answer(message: RoutedMessage, decision: Decision, withinMs: number): Promise<Answer> {
    const { endpoints, messages, clock, log } = this.#parts;
    const [branch] = decision.branches;
    if (!branch) throw new Error(`The decision of request ${decision.id} has no branch`);
    const startedMs = clock.monotonicMs();
    const outcome = await endpoints.callTargets({ message, branch, version: decision.version, withinMs });
    log.answered(decision, outcome, clock.monotonicMs() - startedMs);
    // Whoever waits for the answer is not to lose it because it could not be written down that there was one.
    await recordOutcome(messages, decision, branch, outcome, clock.now()).catch((error: unknown) =>
      log.unrecorded(decision.id, error),
    );
    return answerOf(outcome, branch);
  }
}

/** A branch of one table as a message for another: its id there is the branch's. */
function entered({ table, inbound, suppliedId, message }: RouterEntry): RoutedMessage {
  const { pass } = message;
  refuseLoop(pass.hop);
  const logicalId = logicalIdOf({ table, inbound, suppliedId }, message);
  return { ...message, pass: { ...pass, logicalId, replay: 0, table, inbound } };
}

function refuseUnanswerable(
  { pass }: RoutedMessage,
  { exchange, inbound }: Undated,
  isQueued: boolean,
): void {
  if (isQueued && exchange === "request-reply" && pass.reply?.kind !== "queue")
    throw new Problem(
      "invalid-request",
      `'${inbound}' is request-reply: without ReplyTo nobody would be told the answer`,
    );
}

/** What waits on a queue has less room than what is answered at once. */
function refuseLarge({ body }: RoutedMessage, { exchange, inbound }: Undated): void {
  const maxBytes = exchange === "request-reply" ? limits.maxBodyBytes : limits.maxQueuedBodyBytes;
  if (body.length > maxBytes)
    throw new Problem(
      "payload-too-large",
      `The body has ${body.length} bytes; through '${inbound}', which is ${exchange}, it may have at most ${maxBytes}`,
    );
}
