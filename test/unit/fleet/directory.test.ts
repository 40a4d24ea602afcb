import { beforeEach, describe, expect, test } from "vitest";
import { Directory } from "../../../shared/fleet/directory.ts";
import { toRow, type InstanceRow } from "../../../shared/fleet/instance-row.ts";
import type { StoredRow } from "../../../shared/table/table-store.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const heartbeatMs = 5_000;

let table: InMemoryTable;
let clock: ManualClock;
let directory: Directory;
let unreadable: string[];

beforeEach(() => {
  unreadable = [];
  table = new InMemoryTable();
  clock = new ManualClock();
  directory = new Directory(table, clock, {
    heartbeatMs,
    self: "web-0:1",
    onUnreadable: (row) => unreadable.push(row),
  });
});

async function write(instance: string, facts: Partial<InstanceRow> = {}): Promise<void> {
  const [role = ""] = instance.split("-");
  const row = toRow({
    role,
    instance,
    incarnation: `${instance}:1`,
    epoch: 1,
    state: "ready",
    url: `http://${instance}`,
    heartbeat: 0,
    tail: 0,
    reapedEpoch: 0,
    isForgotten: false,
    tables: "",
    ...facts,
  });
  const stored = await table.read(role, instance);
  await (stored ? table.replace(row, stored.etag) : table.insert(row));
}

async function stateOf(id: string): Promise<[state: string | undefined, isSeenAlive: boolean | undefined]> {
  const found = (await directory.read()).find((one) => one.id === id);
  return [found?.state, found?.isSeenAlive];
}

test("the fleet is in the order of role and number", async () => {
  for (const id of ["web-10", "web-2", "api-0", "web-1"]) await write(id);
  expect((await directory.read()).map(({ id }) => id)).toEqual(["api-0", "web-1", "web-2", "web-10"]);
});

test("a row that is none of ours is told of, and hides no other", async () => {
  await write("web-1");
  await table.insert({ partitionKey: "web", rowKey: "web-2", epoch: "seven" });
  expect((await directory.read()).map(({ id }) => id)).toEqual(["web-1"]);
  expect(unreadable).toEqual(["web/web-2"]);
});

test("an instance that is forgotten is not shown, until it comes back", async () => {
  await write("web-1", { isForgotten: true });
  expect(await directory.read()).toEqual([]);
  await write("web-1", { epoch: 2, incarnation: "web-1:2" });
  expect(await directory.read()).toMatchObject([{ id: "web-1", epoch: 2 }]);
});

test("an instance is shown with what it says of itself", async () => {
  await write("web-1", { state: "draining", epoch: 7 });
  expect(await directory.read()).toMatchObject([
    { id: "web-1", role: "web", state: "draining", epoch: 7, incarnation: "web-1:1", url: "http://web-1" },
  ]);
});

test("an instance whose heartbeats stop is lost, and comes back with the next one", async () => {
  await write("web-1");
  expect(await stateOf("web-1")).toEqual(["ready", false]);
  await clock.advance(2 * heartbeatMs + 1);
  expect(await stateOf("web-1")).toEqual(["lost", false]);
  await write("web-1", { heartbeat: 1 });
  expect(await stateOf("web-1")).toEqual(["ready", true]);
});

test("the reader itself is alive from the start", async () => {
  await write("web-0");
  expect(await stateOf("web-0")).toEqual(["ready", true]);
});

test("a process that has taken over the reader's instance is alive when it is seen to be", async () => {
  await write("web-0", { incarnation: "web-0:2" });
  expect(await stateOf("web-0")).toEqual(["ready", false]);
  await write("web-0", { incarnation: "web-0:2", heartbeat: 1 });
  expect(await stateOf("web-0")).toEqual(["ready", true]);
});

describe("when the table answers slowly", () => {
  const slowMs = 60_000;

  class SlowTable extends InMemoryTable {
    isSlow = false;
    override async everything(): Promise<StoredRow[]> {
      const rows = await super.everything();
      if (this.isSlow) await clock.delay(slowMs);
      return rows;
    }
  }

  test("nobody is lost for the time that the answer took, and nobody is taken to be alive for it", async () => {
    const slow = new SlowTable();
    table = slow;
    directory = new Directory(slow, clock, { heartbeatMs, self: "web-0:1", onUnreadable: () => undefined });
    await write("web-1");
    await directory.read();
    await write("web-1", { heartbeat: 1 });
    expect(await stateOf("web-1")).toEqual(["ready", true]);
    slow.isSlow = true;
    const asked = stateOf("web-1");
    await clock.advance(slowMs);
    expect(await asked).toEqual(["ready", false]);
  });
});
