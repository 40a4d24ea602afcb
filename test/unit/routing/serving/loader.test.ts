import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { publicHostsOnly } from "../../../../shared/routing/outbound-policy.ts";
import { RoutingTables } from "../../../../shared/routing/repository/tables.ts";
import { Loader } from "../../../../shared/routing/serving/loader.ts";
import { InMemoryTable } from "../../../support/in-memory-table.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { rules, tableTo } from "../../../support/routing-instance.ts";

let repository: RoutingTables;
let allowPublic: boolean;
let loader: Loader;

beforeEach(() => {
  repository = new RoutingTables(new InMemoryTable(), new ManualClock());
  allowPublic = true;
  loader = new Loader({
    repository,
    rulesFor: () => ({ ...rules, outbound: { ...publicHostsOnly, allowPublic } }),
    readFile: async () => JSON.stringify(tableTo("one")),
  });
});

test("the same content is compiled once, from wherever it comes, and stamped with where that is", async () => {
  await repository.put(tableTo("one"), { kind: "absent" }, { by: "test" });
  const content = await repository.keep(tableTo("one"));
  const loaded = await Promise.all([
    loader.load("default", { from: "repository", version: 1 }),
    loader.load("default", { from: "set", content }),
    loader.load("default", { from: "file" }),
  ]);
  expect(new Set(loaded.map(({ compiled }) => compiled)).size).toBe(1);
  const digits = content.hash.slice(0, 8);
  expect(loaded.map(({ version }) => version)).toEqual([
    "default@1",
    `default@set-${digits}`,
    `default@file-${digits}`,
  ]);
});

test("a table that was refused is judged anew the next time", async () => {
  allowPublic = false;
  await expect(loader.accept(tableTo("one"))).rejects.toMatchObject({ kind: "invalid-request" });
  allowPublic = true;
  expect((await loader.accept(tableTo("one"))).entries).toHaveLength(1);
});

test("only some tables are kept for the case that they come again", async () => {
  const first = await loader.accept(tableTo("one"));
  expect(await loader.accept(tableTo("one"))).toBe(first);
  for (const address of ["a", "b", "c", "d"]) await loader.accept(tableTo(address));
  expect(await loader.accept(tableTo("one"))).not.toBe(first);
});

test("a large table leaves room for other work while it is compiled", async () => {
  const filters = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [`f${index}`, { type: "Action", actions: [`a${index}`] }]),
  );
  const entries = Object.keys(filters).map((filter) => ({ filter, endpoint: "echo" }));
  const progress = { isOver: false };
  const compiled = loader
    .accept(tableTo("one", { filters, entries }))
    .finally(() => (progress.isOver = true));
  let turns = 0;
  for (; !progress.isOver; turns += 1) await turn();
  expect(turns).toBeGreaterThanOrEqual(15);
  expect((await compiled).entries).toHaveLength(1_000);
});
