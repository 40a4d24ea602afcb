import { Problem } from "../kernel/problem.ts";
import type { Table } from "../table/table-store.ts";
import type { InstanceView } from "./directory.ts";
import { readInstanceRow, toRow } from "./instance-row.ts";

/** When a lost instance's sessions are likely to have ended, in seconds. */
const retryAfterSeconds = 10;

/**
 * Takes an instance that is gone for good off the list: a role that has shrunk must not wait for it with every recycle. Only one that is
 * lost, and whose sessions have ended: nobody reads its partition again. If it comes back after all, it registers as any other.
 * Two table calls. Throws Problem `unknown-instance`, `instance-not-gone`.
 */
export async function forgetInstance(table: Table, instance: InstanceView | undefined): Promise<void> {
  if (!instance) throw new Problem("unknown-instance", "There is no such instance in this role");
  const { id, role, state, epoch, incarnation, reapedEpoch } = instance;
  if (state !== "lost")
    throw new Problem(
      "instance-not-gone",
      `${id} is ${state}; only an instance that is lost can be forgotten`,
    );
  if (reapedEpoch < epoch)
    throw new Problem("instance-not-gone", `The sessions of ${id} have not been ended yet; try again later`, {
      retryAfterSeconds,
    });
  const stored = await table.read(role, id);
  const row = stored && readInstanceRow(stored);
  const isSame = row?.incarnation === incarnation;
  if (!row || !isSame || !(await table.replace(toRow({ ...row, isForgotten: true }), row.etag)))
    throw new Problem("instance-not-gone", `${id} has just come back`);
}
