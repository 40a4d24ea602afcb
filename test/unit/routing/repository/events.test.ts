import { expect, test } from "vitest";
import { LoadFailures } from "../../../../shared/routing/repository/events.ts";
import { repositoryLimits as limits } from "../../../../shared/routing/repository/limits.ts";
import { InMemoryTable } from "../../../support/in-memory-table.ts";

test("failed loads are listed newest first, and the oldest go", async () => {
  const table = new InMemoryTable();
  const failures = new LoadFailures(table);
  const failure = {
    instance: "web-0",
    table: "default",
    wanted: "version 2",
    serving: "default@1",
    reason: "no",
  };
  for (let revision = 1; revision <= limits.maxEvents + 3; revision += 1)
    await failures.add({ ...failure, revision, at: new Date(revision * 1_000).toISOString() });
  const newest = await failures.newest("default", 2);
  expect(newest.map(({ revision }) => revision)).toEqual([limits.maxEvents + 3, limits.maxEvents + 2]);
  expect(table.rows()).toHaveLength(limits.maxEvents);
  expect(await failures.newest("other", 2)).toEqual([]);
});
