import type { Clock } from "../../kernel/clock.ts";
import type { PartitionedTable, StoredRow } from "../../table/table-store.ts";
import {
  commandKey,
  readCommandRow,
  replaces,
  toCommandRow,
  type Command,
  type Order,
  type Target,
} from "./command.ts";
import { partitions } from "./keys.ts";

const revisionKey = "revision";

/** A command to give. Two with one id are one: the second is answered as the first was. */
export interface NewCommand extends Target {
  id: string;
  by: string;
  /** What is ordered, as it is when it is asked for: asked anew whenever another command came first. */
  order: () => Promise<Order>;
}

/** A row and what it holds. */
interface Kept {
  row: StoredRow;
  command: Command | undefined;
}

/**
 * What each instance is to serve: the last command for each target, and a counter of commands. Both change in one transaction, so whoever
 * reads a revision finds every command up to it. The messages that say "look" may be lost, repeated and overtaken.
 */
export class DesiredState {
  readonly #table: PartitionedTable;
  readonly #clock: Clock;

  constructor(table: PartitionedTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** The number of the last command, 0 before the first. One table call. */
  async revision(): Promise<number> {
    const row = await this.#table.read(partitions.desired, revisionKey);
    return revisionOf(row);
  }

  /** The last command for each target. One table call. */
  async commands(): Promise<Command[]> {
    return (await this.#rows()).kept.flatMap(({ command }) => command ?? []);
  }

  /**
   * Gives a command the next revision. What it orders is found out after the revision was read and before it is raised: of two that read a pointer
   * while it moves, the one that saw it later has the higher revision. Two table calls, more for each command at the same time, and one for each
   * older command that it replaces.
   */
  async give({ order, ...rest }: NewCommand): Promise<Command> {
    for (;;) {
      const { counter, kept } = await this.#rows();
      const before = kept.find(({ row }) => row.rowKey === commandKey(rest));
      if (before?.command?.id === rest.id) return before.command;
      const revision = revisionOf(counter) + 1;
      const command: Command = { ...rest, ...(await order()), revision, at: this.#clock.now().toISOString() };
      const raised = { partitionKey: partitions.desired, rowKey: revisionKey, revision: command.revision };
      const { done } = await this.#table.transact([
        counter ? { replace: raised, etag: counter.etag } : { insert: raised },
        before
          ? { replace: toCommandRow(command), etag: before.row.etag }
          : { insert: toCommandRow(command) },
      ]);
      if (!done) continue;
      await this.#remove(kept.filter((other) => other.command && replaces(command, other.command)));
      return command;
    }
  }

  async #rows(): Promise<{ counter: StoredRow | undefined; kept: Kept[] }> {
    const rows = await this.#table.partition(partitions.desired);
    return {
      counter: rows.find(({ rowKey }) => rowKey === revisionKey),
      kept: rows
        .filter(({ rowKey }) => rowKey !== revisionKey)
        .map((row) => ({ row, command: readCommandRow(row) })),
    };
  }

  /** Only as they were read: a target that has had another command meanwhile keeps it. */
  async #remove(kept: readonly Kept[]): Promise<void> {
    try {
      for (const { row } of kept)
        await this.#table.remove({ partitionKey: partitions.desired, rowKey: row.rowKey ?? "" }, row.etag);
    } catch {
      // The new command holds by its revision; what stays of the older ones costs room only.
    }
  }
}

function revisionOf(row: StoredRow | undefined): number {
  const revision = row?.["revision"];
  return typeof revision === "number" ? revision : 0;
}
