import type { Table } from "../table/table-store.ts";
import { readInstanceRow, toRow } from "./instance-row.ts";

/**
 * Notes in an instance's row that the sessions of its incarnations up to this epoch have been reaped. It may be anybody's row: the holder
 * finds its own incarnation in it and goes on, or finds that it has itself been reaped and ends. Two table calls.
 */
export async function markReaped(table: Table, role: string, instance: string, epoch: number): Promise<void> {
  for (;;) {
    const stored = await table.read(role, instance);
    if (!stored) return;
    const row = readInstanceRow(stored);
    if (row.reapedEpoch >= epoch) return;
    if (await table.replace(toRow({ ...row, reapedEpoch: epoch }), row.etag)) return;
  }
}
