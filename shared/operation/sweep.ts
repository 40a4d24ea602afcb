import { randomUUID } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import type { OperationLog } from "./log.ts";
import type { OpenList } from "./open-list.ts";
import type { SendTick } from "./ports.ts";
import type { OperationRepository } from "./repository.ts";

/** An open operation is stalled when its header has not moved for so many ticks. */
const stalledTicks = 4;

/** A row on the list of open operations whose header never came: its request was lost before anything else was written. */
const orphanAfterMs = 600_000;

interface SweepParts {
  operations: OperationRepository;
  openList: OpenList;
  sendTick: SendTick;
  clock: Clock;
  log: OperationLog;
}

interface Watched {
  etag: string | undefined;
  sinceMs: number;
}

/**
 * Nobody forgotten: a tick may end in the dead-letter queue, or be lost with the driver that should have sent it. At every heartbeat
 * each instance looks at the open operations, and sends the current tick of one whose header has stood still for too long by this
 * process's own monotonic clock. Several instances may: one tick moves the step, the others come too late and do nothing.
 */
export class Sweep {
  readonly #parts: SweepParts;
  readonly #stalledAfterMs: number;
  #watched = new Map<string, Watched>();

  constructor(parts: SweepParts, tickMs: number) {
    this.#parts = parts;
    this.#stalledAfterMs = tickMs * stalledTicks;
  }

  /** Costs one query, and one read for each open operation. */
  async look(): Promise<void> {
    const { openList, log } = this.#parts;
    const open = await openList.list();
    const before = this.#watched;
    this.#watched = new Map();
    for (const operation of open) {
      try {
        await this.#lookAt(operation, before.get(operation));
      } catch (error) {
        // One that cannot be read or sent for must not hide those behind it.
        log.leftAlone(operation, error);
      }
    }
  }

  async #lookAt(operation: string, before: Watched | undefined): Promise<void> {
    const { operations, openList, sendTick, clock, log } = this.#parts;
    const askedAtMs = clock.monotonicMs();
    const stored = await operations.header(operation);
    if (!before || before.etag !== stored?.etag) {
      // From the answer on: while the question was under way the header may have moved.
      this.#watched.set(operation, { etag: stored?.etag, sinceMs: clock.monotonicMs() });
      return;
    }
    this.#watched.set(operation, before);
    const stalledMs = askedAtMs - before.sinceMs;
    if (!stored) {
      if (stalledMs > orphanAfterMs) await openList.remove(operation);
      return;
    }
    if (stalledMs < this.#stalledAfterMs) return;
    const { step } = stored.header;
    // It has stood still for at least this long, so operation time may count it.
    await sendTick({ type: "tick", operation, step, id: randomUUID(), afterMs: stalledMs }, 0);
    this.#watched.set(operation, { etag: stored.etag, sinceMs: askedAtMs });
    log.resumed(operation, step, stalledMs);
  }
}
