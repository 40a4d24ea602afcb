import type { Table } from "../../table/table-store.ts";
import { decisionFromRow, decisionRowKey, decisionToRow, type Decision } from "./decision.ts";

/** What came of settling a decision. */
export interface Settled {
  /**
   * `made`: this decision stands now. `stored`: the message has been decided before, so that decision stands. `superseded`: the message
   * has been routed, or taken for a later replay, so this copy of it is to do nothing.
   */
  kind: "made" | "stored" | "superseded";
  decision: Decision;
}

/** A lost race means that another has written; each round one of the writers gets on, and there are few. */
const maxRounds = 20;

/** The decisions of all messages: one row each. */
export class Decisions {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async read(logicalId: string): Promise<Decision | undefined> {
    const row = await this.#table.read(logicalId, decisionRowKey);
    return row && decisionFromRow(row);
  }

  /**
   * Makes the decision unless the message has one. The stored one wins if it is of the same replay, whatever the table says today; if it is of a
   * later one, or has branches, this copy of the message is of the past. Only an empty decision is replaced, by that of a later replay.
   * Costs one table call; two when there is a decision already, three to replace it.
   */
  async settle(mine: Decision): Promise<Settled> {
    const row = decisionToRow(mine);
    if ((await this.#table.insert(row)) !== undefined) return { kind: "made", decision: mine };
    for (let round = 0; round < maxRounds; round += 1) {
      const stored = await this.#table.read(mine.id, decisionRowKey);
      // Rows go when their time is over; then the message is as new.
      if (!stored) {
        if ((await this.#table.insert(row)) !== undefined) return { kind: "made", decision: mine };
        continue;
      }
      const decision = decisionFromRow(stored);
      if (decision.replay === mine.replay) return { kind: "stored", decision };
      if (decision.replay > mine.replay || decision.outcome === "matched")
        return { kind: "superseded", decision };
      if ((await this.#table.replace(row, stored.etag)) !== undefined)
        return { kind: "made", decision: mine };
    }
    throw new Error(`The decision of message ${mine.id} changed ${maxRounds} times while it was written`);
  }
}
