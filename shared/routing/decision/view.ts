import { Problem } from "../../kernel/problem.ts";
import type { StoredRow, Table } from "../../table/table-store.ts";
import { branchRowKey, readBranchRow, type StoredBranch } from "../branch/branch-row.ts";
import type { Branch } from "../routed-message.ts";
import { decisionFromRow, decisionRowKey, type Decision } from "./decision.ts";

/** What is told of a message: what was decided, and what became of each branch so far. Costs a table call. Throws Problem `unknown-message`. */
export async function viewMessage(table: Pick<Table, "partition">, id: string) {
  const rows = /^[0-9a-f]{32}$/.test(id) ? await table.partition(id) : [];
  const byKey = new Map(rows.map((row) => [row.rowKey, row]));
  const row = byKey.get(decisionRowKey);
  if (!row)
    throw new Problem(
      "unknown-message",
      `No message with the id ${id.slice(0, 100)} was routed, or it was long ago`,
    );
  const decision = decisionFromRow(row);
  return { ...viewDecision(decision), branches: viewBranches(decision, byKey) };
}

/** What is told of a decision when it has been made. */
export function viewDecision({ id, trace, branches: _told, ...decision }: Decision) {
  return { messageId: id, ...decision, matched: trace };
}

function viewBranches({ branches }: Decision, rows: ReadonlyMap<string | undefined, StoredRow>) {
  return branches.map((branch) => {
    const row = rows.get(branchRowKey(branch.index));
    return {
      ...viewBranch(branch),
      ...(row ? viewState(readBranchRow(row)) : { state: "open", tries: 0, delays: 0 }),
    };
  });
}

function viewBranch({ id, endpoint, targets }: Branch) {
  return { branchId: id, endpoint, targets: targets.map(({ name, address }) => ({ name, address })) };
}

function viewState({ state, tries, delays, takenBy, status, lastError, attempts, updatedAt }: StoredBranch) {
  return { state, tries, delays, takenBy, status, lastError, attempts, updatedAt };
}
