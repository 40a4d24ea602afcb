import type { FaultPoints } from "../kernel/fault-points.ts";
import { toRow } from "../table/table-store.ts";
import type { Mailboxes } from "./mailbox.ts";

/** Rows that are removed with one look. */
const pageSize = 100;

/**
 * Removes the messages before a number. The head says so first: a reader that finds `first` beyond its cursor knows that messages are gone,
 * and never takes a gap for the end. What a crash leaves before `first` goes with the next trim. Returns the keys of what was removed.
 */
export async function trim(
  mailboxes: Mailboxes,
  faults: FaultPoints,
  mailbox: string,
  before: number,
): Promise<string[]> {
  if (!(await raiseFirst(mailboxes, mailbox, before))) return [];
  await faults.reach("trim-first-raised");
  const keys: string[] = [];
  for (;;) {
    const rows = await mailboxes.rowsBefore(mailbox, before, pageSize);
    await Promise.all(
      rows.map(async (row) => {
        await mailboxes.removeAsRead(row);
        await faults.reach("trim-deleted");
      }),
    );
    keys.push(...rows.map((row) => row["key"]).filter((key) => typeof key === "string"));
    if (rows.length < pageSize) return keys;
  }
}

/** Returns false when the mailbox is gone. */
async function raiseFirst(mailboxes: Mailboxes, mailbox: string, before: number): Promise<boolean> {
  for (;;) {
    const stored = await mailboxes.head(mailbox);
    if (!stored) return false;
    if (Number(stored["first"]) >= before) return true;
    if (await mailboxes.table.replace(toRow(stored, { first: before }), stored.etag)) return true;
  }
}
