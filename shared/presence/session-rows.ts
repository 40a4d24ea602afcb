import type { Table } from "../table/table-store.ts";
import type { Head } from "./head.ts";
import { readSessionRow, rowStates, toSessionRow, type SessionRow } from "./session-row.ts";

const rank = (state: SessionRow["state"]): number => rowStates.indexOf(state);

/** The table `Sessions`, with the two rules of its rows: only something newer replaces, and only one's own is removed. */
export class SessionRows {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Writes what the head says, unless the row says as much already or more. Two calls, and two more for each writer that was faster. */
  async write(head: Head, state: SessionRow["state"], acknowledged?: number): Promise<void> {
    const row = toSessionRow(head, state, acknowledged);
    for (;;) {
      const stored = await this.#table.read(row.partitionKey, row.rowKey);
      if (!stored) {
        if (await this.#table.insert(row)) return;
        continue;
      }
      const present = readSessionRow(stored);
      if (present.version > head.version) return;
      if (present.version === head.version && rank(present.state) >= rank(state)) return;
      if (await this.#table.replace(row, present.etag)) return;
    }
  }

  /** Inserts the row of a session that is being made: its id is new, so nothing can be there. One call. */
  async open(head: Head): Promise<void> {
    await this.#table.insert(toSessionRow(head, "opening"));
  }

  /** Removes a row that carries this incarnation; one that a successor has written stays. */
  async remove(instance: string, session: string, incarnation: string): Promise<void> {
    const stored = await this.#table.read(instance, session);
    if (!stored) return;
    const row = readSessionRow(stored);
    if (row.owner.incarnation === incarnation) await this.removeAsRead(row);
  }

  /** Removes a row if it is still as it was read. Returns whether it did. */
  async removeAsRead({ owner, session, etag }: SessionRow): Promise<boolean> {
    return await this.#table.remove({ partitionKey: owner.instance, rowKey: session }, etag);
  }

  /** All rows of an instance. One call for each 1,000. */
  async of(instance: string): Promise<SessionRow[]> {
    return (await this.#table.partition(instance)).map(readSessionRow);
  }
}
