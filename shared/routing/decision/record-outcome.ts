import type { Table } from "../../table/table-store.ts";
import { branchRowKey, readBranchRow, toBranchRow, type BranchState } from "../branch/branch-row.ts";
import type { Outcome } from "../endpoint/ports.ts";
import { firstCopy, type Branch } from "../routed-message.ts";
import type { Decision } from "./decision.ts";

/** Each lost race means that the same request was answered elsewhere meanwhile. */
const maxRounds = 5;

/** Writes down what became of a request's one branch, for its trace. A delivered branch stays delivered. Costs a table call. */
export async function recordOutcome(
  table: Table,
  decision: Decision,
  branch: Branch,
  outcome: Outcome,
  now: Date,
): Promise<void> {
  const row = toBranchRow(decision.id, branch.index, {
    ...stateOf(outcome),
    id: branch.id,
    endpoint: branch.endpoint,
    version: decision.version,
    copyNumber: firstCopy.number,
    copyNonce: firstCopy.nonce,
    delays: 0,
    attempts: outcome.attempts,
    updatedAt: now.toISOString(),
  });
  let isWritten = (await table.insert(row)) !== undefined;
  for (let round = 0; !isWritten && round < maxRounds; round += 1) {
    const stored = await table.read(decision.id, branchRowKey(branch.index));
    if (!stored || readBranchRow(stored).state === "delivered") return;
    isWritten = (await table.replace(row, stored.etag)) !== undefined;
  }
}

function stateOf(
  outcome: Outcome,
): Pick<BranchState, "state" | "tries"> & Partial<Pick<BranchState, "takenBy" | "status" | "lastError">> {
  const last = outcome.attempts.at(-1);
  const status = last?.status === undefined ? {} : { status: last.status };
  const tries = outcome.kind === "skipped" ? 0 : 1;
  if (outcome.kind === "taken") return { state: "delivered", tries, takenBy: outcome.endpoint, ...status };
  const lastError = last?.error ?? "the circuits of all its endpoints are open";
  return { state: "failed", tries, lastError, ...status };
}
