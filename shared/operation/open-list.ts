import type { Table } from "../table/table-store.ts";

/** The partition of everything that is open: a claim per role, and a row `op:<id>` per operation. */
export const openPartition = "open";

const prefix = "op:";
const keyOf = (operation: string) => ({ partitionKey: openPartition, rowKey: `${prefix}${operation}` });

/**
 * The operations that have not been concluded. A row is written before the operation's header and removed as the very last step,
 * so that the heartbeat's sweep finds every operation that was ever begun.
 */
export class OpenList {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async add(operation: string): Promise<void> {
    await this.#table.insert(keyOf(operation));
  }

  async has(operation: string): Promise<boolean> {
    const { partitionKey, rowKey } = keyOf(operation);
    return (await this.#table.read(partitionKey, rowKey)) !== undefined;
  }

  async remove(operation: string): Promise<void> {
    const { partitionKey, rowKey } = keyOf(operation);
    const stored = await this.#table.read(partitionKey, rowKey);
    if (stored) await this.#table.remove({ partitionKey, rowKey }, stored.etag);
  }

  /**
   * The ids of all open operations, and of those that hold a claim: a driver that stood still while its operation ended may have
   * taken one afterwards and died. One query.
   */
  async list(): Promise<string[]> {
    const rows = await this.#table.partition(openPartition);
    const ids = rows.map(({ rowKey, operation }) =>
      rowKey?.startsWith(prefix) ? rowKey.slice(prefix.length) : String(operation),
    );
    return [...new Set(ids)];
  }
}
