import { beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../../shared/kernel/clock.ts";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Appender } from "../../../shared/presence/append.ts";
import { Hub } from "../../../shared/presence/hub.ts";
import { Mailboxes } from "../../../shared/presence/mailbox.ts";
import { Outflow } from "../../../shared/presence/outflow.ts";
import { everyone } from "../../../shared/presence/stream.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";
import { entryWith, headRowWith } from "../../support/mailbox-with.ts";

const session = "session-1";
let table: InMemoryTable;
let mailboxes: Mailboxes;

beforeEach(async () => {
  table = new InMemoryTable();
  mailboxes = new Mailboxes(table);
  await table.insert(headRowWith());
});

async function append(mailbox: string, ...texts: string[]): Promise<void> {
  const appender = new Appender(mailbox, { mailboxes, clock: systemClock, faults: noFaultPoints });
  for (const text of texts) await appender.append(entryWith(text));
}

describe("a look for messages whose nudge was lost", () => {
  test("costs one read of one row when there are none", async () => {
    const [reads, ranges] = [vi.spyOn(table, "read"), vi.spyOn(table, "range")];
    const outflow = new Outflow(mailboxes, session, 0);
    expect(await outflow.next()).toBeUndefined();
    expect([reads.mock.calls.length, ranges.mock.calls.length]).toEqual([1, 0]);
  });

  test("finds them, in order", async () => {
    await append(session, "a", "b");
    const outflow = new Outflow(mailboxes, session, 0);
    expect(await outflow.next()).toMatchObject({ seq: 1, message: { text: "a" } });
    expect(await outflow.next()).toMatchObject({ seq: 2, message: { text: "b" } });
    expect(await outflow.next()).toBeUndefined();
  });

  test("finds that they are gone", async () => {
    const stored = table.peek(session, "head")!;
    await table.replace({ ...headRowWith(), first: 3, next: 3 }, stored.etag);
    expect(await new Outflow(mailboxes, session, 0).next()).toEqual({ goneTo: 2 });
  });

  test("is made once for all streams, of messages to everyone", async () => {
    const hub = new Hub({
      mailboxes,
      list: () => [],
      onHead: () => undefined,
      onDetached: () => undefined,
      clock: systemClock,
    });
    const readers = ["one", "two"].map((name) => hub.attach(name, { seq: 0, broadcast: 0 }).body.getReader());
    // The snapshot; then each waits.
    for (const reader of readers) await reader.read();
    const waiting = readers.map(async (reader) => new TextDecoder().decode((await reader.read()).value));
    await table.insert({ partitionKey: everyone, rowKey: "head", first: 1, next: 1 });
    await append(everyone, "hear");
    const reads = vi.spyOn(table, "read");
    await hub.lookForBroadcasts();
    expect(reads.mock.calls.length).toBe(1);
    for (const text of await Promise.all(waiting)) expect(text).toContain("hear");
    for (const reader of readers) await reader.cancel();
  });
});
