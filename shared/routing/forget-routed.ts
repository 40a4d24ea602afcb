import { withJitter, type Clock } from "../kernel/clock.ts";
import { reasonOf, type Log } from "../kernel/log.ts";
import type { TableStore } from "../table/table-store.ts";

/** How often the table is looked through. */
const everyMs = 24 * 3_600_000;
/** The first time comes sooner: instances are recycled more often than that. */
const firstAfterMs = 3_600_000;
/** Rows that are removed at one heartbeat, and side by side. */
const pageSize = 500;
const width = 16;

const dayMs = 24 * 3_600_000;

/** As much of an instance as is looked at. */
interface Member {
  incarnation: string;
  state: string;
  /** When its row was last written, by the table service's clock. */
  lastSeen: string;
}

export interface ForgetRoutedParts {
  /** RoutedMessages. */
  table: Pick<TableStore, "pageOfOld" | "remove">;
  /** The own incarnation. */
  self: () => string;
  retentionDays: number;
  clock: Clock;
  log: ForgetLog;
}

/** What is told of old messages. */
export const forgetLog = (log: Log) => ({
  forgotten: (rows: number) =>
    log.emit("info", "messages.forgotten", `${rows} rows of old messages were removed`, { rows }),
  failed: (error: unknown) =>
    log.emit("warn", "messages.not-forgotten", `Old messages stay for now: ${reasonOf(error)}`, {
      reason: reasonOf(error),
    }),
});

export type ForgetLog = ReturnType<typeof forgetLog>;

/**
 * Removes what is known of messages that nobody has touched for so many days: decisions and outcomes of branches. No queue keeps a message for
 * that long, so none can come again that would be decided anew. The first ready instance does it, once a day, a page at each heartbeat.
 *
 * How old a row is, the table service's clock alone says: its time against that of the own heartbeat. A row is removed as it was read; one that
 * is written meanwhile stays. Two instances that both think they are the first do the same work, and no harm.
 */
export class ForgetRouted {
  readonly #parts: ForgetRoutedParts;
  #nextAtMs: number;
  /** Where the table is looked through just now; undefined between. */
  #sweep: { from: string | undefined; removed: number } | undefined;

  constructor(parts: ForgetRoutedParts) {
    this.#parts = parts;
    this.#nextAtMs = parts.clock.monotonicMs() + withJitter(firstAfterMs);
  }

  /**
   * Call at every heartbeat; never throws. Costs nothing but once a day: then a query at each heartbeat, of which the service looks through many
   * thousand rows, and a call for each row that is removed, at most 500.
   */
  async look(members: readonly Member[]): Promise<void> {
    const { clock, self, log } = this.#parts;
    const first = members.find(({ state }) => state === "ready");
    if (!first || first.incarnation !== self()) return;
    if (!this.#sweep && clock.monotonicMs() < this.#nextAtMs) return;
    this.#sweep ??= { from: undefined, removed: 0 };
    try {
      await this.#removePage(this.#sweep, Date.parse(first.lastSeen));
    } catch (error) {
      // The next heartbeat goes on where this one stopped.
      log.failed(error);
    }
  }

  async #removePage(sweep: { from: string | undefined; removed: number }, nowMs: number): Promise<void> {
    const { table, retentionDays, clock, log } = this.#parts;
    const before = new Date(nowMs - retentionDays * dayMs);
    const { rows, next } = await table.pageOfOld(before, pageSize, sweep.from);
    for (let at = 0; at < rows.length; at += width) {
      const removed = await Promise.all(
        rows
          .slice(at, at + width)
          .map(({ partitionKey = "", rowKey = "", etag }) => table.remove({ partitionKey, rowKey }, etag)),
      );
      sweep.removed += removed.filter(Boolean).length;
    }
    sweep.from = next;
    if (next !== undefined) return;
    if (sweep.removed > 0) log.forgotten(sweep.removed);
    this.#sweep = undefined;
    this.#nextAtMs = clock.monotonicMs() + withJitter(everyMs);
  }
}
