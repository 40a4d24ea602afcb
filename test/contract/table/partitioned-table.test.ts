import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTables, type Tables as TableService } from "../../../local/tables/tables.ts";
import { connectTables, ensureTables } from "../../../shared/table/connect.ts";
import type { PartitionedTable, Row, StoredRow } from "../../../shared/table/table-store.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";

let service: TableService;

beforeAll(async () => {
  service = await startTables({ port: 0 });
  await ensureTables(connectTables(service));
});

afterAll(() => service.close());

const implementations: [string, () => PartitionedTable][] = [
  ["the table service", () => connectTables(service).mailboxes],
  ["the table in memory", () => new InMemoryTable()],
];

describe.each(implementations)("a partition of %s", (_name, open) => {
  let table: PartitionedTable;
  let partitionKey: string;

  beforeEach(() => {
    table = open();
    // A partition of its own: the service outlives a test.
    partitionKey = randomUUID();
  });

  const row = (rowKey: string, value = 0): Row => ({ partitionKey, rowKey, value });
  const shown = (rows: readonly StoredRow[]) => rows.map(({ rowKey, value }) => [rowKey, value]);

  test("is written as a whole, with an ETag for each row that the next write can use", async () => {
    const etag = (await table.insert(row("head", 1))) ?? "";
    const written = await table.transact([{ replace: row("head", 2), etag }, { insert: row("m1", 3) }]);
    expect(written).toEqual({ done: true, etags: [expect.any(String), expect.any(String)] });
    if (!written.done) return;
    expect(await table.replace(row("head", 4), written.etags[0] ?? "")).toEqual(expect.any(String));
    expect(await table.remove({ partitionKey, rowKey: "m1" }, written.etags[1] ?? "")).toBe(true);
    expect(shown(await table.partition(partitionKey))).toEqual([["head", 4]]);
  });

  test("is not written at all when a condition does not hold, and says which", async () => {
    const old = (await table.insert(row("head", 1))) ?? "";
    const etag = (await table.replace(row("head", 2), old)) ?? "";
    await table.insert(row("k1", 9));
    const insert = (rowKey: string) => ({ insert: row(rowKey, 5) });
    expect(await table.transact([{ replace: row("head", 3), etag: old }, insert("m1")])).toEqual({
      done: false,
      failedAt: 0,
    });
    expect(await table.transact([{ replace: row("head", 3), etag }, insert("m1"), insert("k1")])).toEqual({
      done: false,
      failedAt: 2,
    });
    expect(await table.transact([{ replace: row("gone", 3), etag }])).toEqual({ done: false, failedAt: 0 });
    expect(shown(await table.partition(partitionKey))).toEqual([
      ["head", 2],
      ["k1", 9],
    ]);
  });

  test("takes a hundred rows at once", async () => {
    const steps = Array.from({ length: 100 }, (_, index) => ({ insert: row(`m${100 + index}`, index) }));
    expect(await table.transact(steps)).toMatchObject({ done: true });
    expect(await table.partition(partitionKey)).toHaveLength(100);
  });

  test("is read from one key up to another, in their order, so many at most", async () => {
    for (const key of ["m3", "head", "m1", "n", "m2", "k1"]) await table.insert(row(key));
    const keys = async (from: string, to: string, limit: number) =>
      (await table.range(partitionKey, { from, to, limit })).map(({ rowKey }) => rowKey);
    expect(await keys("m1", "n", 10)).toEqual(["m1", "m2", "m3"]);
    expect(await keys("m1", "n", 2)).toEqual(["m1", "m2"]);
    expect(await keys("m2", "m3", 10)).toEqual(["m2"]);
    expect(await keys("x", "z", 10)).toEqual([]);
  });
});
