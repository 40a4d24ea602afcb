import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTables, type Tables as TableService } from "../../../local/tables/tables.ts";
import { canonicalTable } from "../../../shared/routing/content-hash.ts";
import { routingLimits } from "../../../shared/routing/limits.ts";
import { chunkKey, partitions } from "../../../shared/routing/repository/keys.ts";
import { etagOf } from "../../../shared/routing/repository/pointer.ts";
import { RoutingTables } from "../../../shared/routing/repository/tables.ts";
import { type Filter, type RoutingTable } from "../../../shared/routing/table.ts";
import type { TableStore } from "../../../shared/table/table-store.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { ownTable } from "../../support/own-tables.ts";
import { tableTo } from "../../support/routing-instance.ts";

let service: TableService;
let table: TableStore;
let repository: RoutingTables;

beforeAll(async () => {
  service = await startTables({ port: 0 });
});

afterAll(() => service.close());

beforeEach(async () => {
  table = await ownTable(service);
  repository = new RoutingTables(table, new ManualClock());
});

const by = { by: "test" };
const present = { kind: "present" } as const;
const absent = { kind: "absent" } as const;

async function textOf(version: number, name = "default"): Promise<string> {
  return await repository.content(name, await repository.manifest(name, version));
}

const chunksIn = async (name = "default") =>
  (await table.partition(partitions.ofTable(name))).filter(({ rowKey }) => rowKey?.startsWith("c"));

/** A table of so many entries, each with a filter of its own. */
function largeTable(entries: number): RoutingTable {
  const filters = Array.from({ length: entries }, (_, index): [string, Filter] => [
    `f${index}`,
    { type: "Fields", pattern: { data: { kind: [`kind-${index}`] } } },
  ]);
  return {
    ...tableTo("echo"),
    filters: Object.fromEntries(filters),
    entries: filters.map(([filter], index) => ({
      filter,
      endpoint: "echo",
      priority: index % 7,
      backupOnFault: false,
    })),
  };
}

describe("storing", () => {
  test("keeps every version, and the pointer names the last", async () => {
    for (const address of ["one", "two", "three"])
      await repository.put(tableTo(address), address === "one" ? absent : present, {
        ...by,
        comment: address,
      });
    expect(await repository.pointer("default")).toMatchObject({ active: 0, latest: 3 });
    expect(await textOf(1)).toBe(canonicalTable(tableTo("one")));
    expect(await textOf(3)).toBe(canonicalTable(tableTo("three")));
    const page = await repository.versions("default", 2);
    expect(page.versions.map(({ version, comment }) => [version, comment])).toEqual([
      [3, "three"],
      [2, "two"],
    ]);
    const rest = await repository.versions("default", 2, page.next);
    expect([rest.versions.map(({ version }) => version), rest.next]).toEqual([[1], undefined]);
    expect((await repository.list()).map(([name]) => name)).toEqual(["default"]);
  });

  test("the same content again is no new version, also for who names the version before", async () => {
    const first = await repository.put(tableTo("one"), absent, by);
    const before = { kind: "matches", etags: [first.etag] } as const;
    const second = await repository.put(tableTo("two"), before, by);
    expect(second).toMatchObject({ version: 2, isNew: true });
    expect(await repository.put(tableTo("two"), before, by)).toEqual({ ...second, isNew: false });
    expect(await repository.put(tableTo("two"), absent, by)).toEqual({ ...second, isNew: false });
  });

  test("is compare-and-swap: of several that replace one version a single one does", async () => {
    const { etag } = await repository.put(tableTo("one"), absent, by);
    const writes = ["a", "b", "c", "d", "e"].map((name) =>
      repository.put(tableTo(name), { kind: "matches", etags: [etag] }, by).then(
        ({ version }) => version,
        (error: unknown) => error,
      ),
    );
    const outcomes = await Promise.all(writes);
    expect(outcomes.filter((outcome) => outcome === 2)).toHaveLength(1);
    const refused = outcomes.filter((outcome) => outcome !== 2);
    expect(refused).toHaveLength(4);
    for (const error of refused) expect(error).toMatchObject({ kind: "table-changed" });
    expect((await repository.pointer("default"))?.latest).toBe(2);
  });

  test("without a version to compare with loses nothing: each gets a number of its own", async () => {
    await repository.put(tableTo("one"), absent, by);
    const stored = await Promise.all(
      ["a", "b", "c"].map((name) => repository.put(tableTo(name), present, by)),
    );
    expect(stored.map(({ version }) => version).sort((a, b) => a - b)).toEqual([2, 3, 4]);
    for (const { version, hash } of stored)
      expect((await repository.manifest("default", version)).hash).toBe(hash);
  });

  test("activating while others store loses neither", async () => {
    await repository.put(tableTo("one"), absent, by);
    await Promise.all([
      repository.activate("default", 1, "test"),
      repository.put(tableTo("two"), present, by),
      repository.put(tableTo("three"), present, by),
    ]);
    expect(await repository.pointer("default")).toMatchObject({ active: 1, latest: 3 });
    await expect(repository.activate("default", 4, "test")).rejects.toMatchObject({
      kind: "unknown-version",
    });
    await expect(repository.activate("other", 1, "test")).rejects.toMatchObject({ kind: "unknown-table" });
  });

  test("knows its own write again when the answer got lost", async () => {
    const memory = new InMemoryTable();
    const lossy = new RoutingTables(memory, new ManualClock());
    memory.loseNextAnswers(1);
    expect(await lossy.put(tableTo("one"), absent, by)).toMatchObject({ version: 1, isNew: true });
    memory.loseNextAnswers(1);
    const etag = etagOf(1, (await lossy.manifest("default", 1)).hash);
    const stored = await lossy.put(tableTo("two"), { kind: "matches", etags: [etag] }, by);
    expect(stored).toMatchObject({ version: 2, isNew: true });
    expect((await lossy.pointer("default"))?.latest).toBe(2);
  });
});

describe("a table of 10,000 entries", () => {
  test("comes back as it was, and a change of one entry writes a few chunks only", async () => {
    const before = largeTable(routingLimits.maxEntries);
    const text = canonicalTable(before);
    await repository.put(before, absent, by);
    expect((await textOf(1)) === text).toBe(true);
    const chunks = await chunksIn();
    expect(chunks.length).toBeGreaterThan(8);
    const filters = { ...before.filters, f5000: { type: "MatchAll" } as const };
    const after = { ...before, filters };
    await repository.put(after, present, by);
    expect((await textOf(2)) === canonicalTable(after)).toBe(true);
    expect((await chunksIn()).length - chunks.length).toBeLessThanOrEqual(3);
  });
});

describe("what cannot be read", () => {
  const partitionKey = partitions.ofTable("default");

  test("is told, for a chunk that is damaged and for one that is gone, and storing the same again mends it", async () => {
    await repository.put(tableTo("one"), absent, by);
    const { chunks } = await repository.manifest("default", 1);
    const rowKey = chunkKey(chunks[0] ?? "");
    const row = await table.read(partitionKey, rowKey);
    await table.replace({ partitionKey, rowKey, data: randomBytes(100) }, row?.etag ?? "");
    await expect(textOf(1)).rejects.toMatchObject({ kind: "table-unreadable" });
    await repository.put(tableTo("one"), present, by);
    expect(await textOf(1)).toBe(canonicalTable(tableTo("one")));
    const mended = await table.read(partitionKey, rowKey);
    expect(await table.remove({ partitionKey, rowKey }, mended?.etag ?? "")).toBe(true);
    await expect(textOf(1)).rejects.toMatchObject({ kind: "table-unreadable" });
  });

  test("a chunk that compression makes no smaller spreads over several properties", async () => {
    const hashes = Array.from({ length: 8_000 }, (_, index) =>
      createHash("sha256").update(`${index}`).digest(),
    );
    const noise = Buffer.concat(hashes).toString("latin1");
    const parts = Object.fromEntries(
      Array.from({ length: 250 }, (_, index): [string, unknown] => [
        `f${index}`,
        { type: "Action", actions: [noise.slice(index * 1_000, (index + 1) * 1_000)] },
      ]),
    );
    const noisy = tableTo("echo", { filters: { all: { type: "MatchAll" }, ...parts } });
    await repository.put(noisy, absent, by);
    expect((await textOf(1)) === canonicalTable(noisy)).toBe(true);
    expect((await chunksIn()).some((row) => row["data1"] instanceof Uint8Array)).toBe(true);
  });
});
