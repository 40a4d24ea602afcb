import { randomUUID } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import type { Claims } from "./claims.ts";
import { decide, mustAnnounce } from "./decide.ts";
import { hasEnded, type Header } from "./header.ts";
import type { OperationLog } from "./log.ts";
import type { TickMessage } from "./message.ts";
import type { OpenList } from "./open-list.ts";
import type { Announce, AnswerAsker, ReadFleet, SendTick } from "./ports.ts";
import type { OperationRepository, StoredOperation } from "./repository.ts";

/** So many times a driver starts again from the read before it leaves the tick to its redelivery. */
const maxRounds = 50;

export interface DriverParts {
  operations: OperationRepository;
  claims: Claims;
  openList: OpenList;
  readFleet: ReadFleet;
  announce: Announce;
  sendTick: SendTick;
  answerAsker: AnswerAsker;
  clock: Clock;
  faults: FaultPoints;
  log: OperationLog;
  tickMs: number;
}

/**
 * Moves operations on, one step for each tick. Any instance drives; no driver remembers anything.
 *
 * A move: read header and answers; decide; insert the answers that the decision gives in targets' places; swap the header (step + 1,
 * the tick that moved it); only then announce and send the next tick. Whoever loses an insert or the swap throws the decision away
 * and starts again from the read. A crash
 * - before the swap leaves the tick to its redelivery, which decides anew;
 * - after it: the redelivered tick finds that it moved the header itself, and sends what the move called for (again).
 * A tick of a step that another tick has moved does nothing. An operation whose tick is gone for good is found by the sweep.
 */
export class Driver {
  readonly #parts: DriverParts;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  /**
   * Handles one tick, which the broker made available at `tickAtMs` of its own clock. Costs, for a step that waits: one query, one
   * read of the fleet, one swap, and one or two sends.
   */
  async drive(tick: TickMessage, tickAtMs?: number): Promise<void> {
    for (let round = 0; round < maxRounds; round += 1) {
      const stored = await this.#parts.operations.read(tick.operation);
      // Tidied away long ago: nothing is left to move.
      if (!stored) return;
      const { header } = stored;
      if (hasEnded(header)) return await this.#conclude(header);
      if (tick.step < header.step) {
        if (header.movedBy === tick.id) await this.#follow(header);
        return;
      }
      if (tick.step > header.step)
        throw new Error(`Tick ${tick.id} is for step ${tick.step}, but the header is at ${header.step}`);
      const next = await this.#move(stored, tick, tickAtMs);
      if (next) return await (hasEnded(next) ? this.#conclude(next) : this.#follow(next));
    }
    throw new Error(`Operation ${tick.operation} changed ${maxRounds} times under this driver`);
  }

  /** Decides and writes one move. Undefined when another writer was faster and everything must be read again. */
  async #move(
    stored: StoredOperation,
    tick: TickMessage,
    tickAtMs: number | undefined,
  ): Promise<Header | undefined> {
    const { operations, faults, clock, log } = this.#parts;
    const afterMs = passedMs(stored.header, tick, tickAtMs);
    const begun =
      stored.header.state === "waiting" ? await this.#begin(stored.header, afterMs) : stored.header;
    const fleet = begun.state === "waiting" ? [] : await this.#parts.readFleet();
    const decision =
      begun.state === "waiting"
        ? { header: { ...begun, elapsedMs: begun.elapsedMs + afterMs }, verdicts: [] }
        : decide(begun, { answers: stored.answers, fleet, afterMs });
    await faults.reach("decided");
    for (const { instance, answer } of decision.verdicts) {
      if (!(await operations.answer(tick.operation, instance, answer))) return undefined;
    }
    const moved = {
      ...decision.header,
      step: tick.step + 1,
      movedBy: tick.id,
      ...(tickAtMs === undefined ? {} : { tickAtMs }),
    };
    const next = hasEnded(moved) ? { ...moved, endedAt: clock.now().toISOString() } : moved;
    if (!(await operations.swap(next, stored.etag))) return undefined;
    log.moved(stored.header, next);
    await faults.reach("header-swapped");
    return next;
  }

  /** Starts a waiting operation if its roles are free: fixes who is meant, by incarnation. */
  async #begin(header: Header, afterMs: number): Promise<Header> {
    const { roles, instances } = header.request;
    if (!(await this.#parts.claims.take(header.id, roles))) return header;
    const fleet = await this.#parts.readFleet();
    const targets = fleet
      .filter(({ id, role }) => roles.includes(role) && (instances?.includes(id) ?? true))
      .map(({ id: instance, role, incarnation }) => ({ instance, role, incarnation }));
    return { ...header, state: "running", targets, progressAtMs: header.elapsedMs + afterMs };
  }

  /** Sends what the move that made this header called for. */
  async #follow(header: Header): Promise<void> {
    const { announce, sendTick, faults, tickMs } = this.#parts;
    if (mustAnnounce(header)) {
      await announce(header);
      await faults.reach("notification-sent");
    }
    await sendTick(
      { type: "tick", operation: header.id, step: header.step, id: randomUUID(), afterMs: tickMs },
      tickMs,
    );
    await faults.reach("tick-sent");
  }

  /**
   * Gives the roles back and tells the asker; in this order, so that an answer that cannot be sent keeps no role. Repeated until the
   * operation is off the list of open ones. The roles are looked at even then: a driver that was overtaken while it claimed them may
   * have done so after the others had given them back.
   */
  async #conclude(header: Header): Promise<void> {
    const { openList, claims, answerAsker } = this.#parts;
    await claims.release(header.id, header.request.roles);
    if (!(await openList.has(header.id))) return;
    await answerAsker(header);
    await openList.remove(header.id);
  }
}

/**
 * What a tick adds to operation time. It was to come so long after the one before; a sender whose clock is behind the broker's
 * schedules it for a time that has passed, and it comes at once: then only what lies between the two by the broker's clock counts.
 */
function passedMs(header: Header, { afterMs }: TickMessage, tickAtMs: number | undefined): number {
  if (tickAtMs === undefined || header.tickAtMs === undefined) return afterMs;
  return Math.min(afterMs, Math.max(0, tickAtMs - header.tickAtMs));
}
