import { describe, expect, test } from "vitest";
import {
  isFor,
  readCommandRow,
  replaces,
  toCommandRow,
  type Command,
} from "../../../../shared/routing/repository/command.ts";
import { DesiredState } from "../../../../shared/routing/repository/desired.ts";
import { partitions } from "../../../../shared/routing/repository/keys.ts";
import { InMemoryTable } from "../../../support/in-memory-table.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const base = { id: "i", at: "2026-01-01T00:00:00.000Z", by: "test" };
const everywhere = { application: "*", machine: "*" };
const reset = (revision: number, target = {}): Command => ({
  ...base,
  table: "default",
  ...everywhere,
  ...target,
  action: "reset",
  revision,
});

describe("a command", () => {
  test("is for whom it names, a star for all", () => {
    const here = { table: "default", application: "web", machine: "web-0" };
    expect(isFor(reset(1), here)).toBe(true);
    expect(isFor(reset(1, { application: "web", machine: "web-0" }), here)).toBe(true);
    expect(isFor(reset(1, { table: "*" }), here)).toBe(true);
    expect(isFor(reset(1, { application: "db" }), here)).toBe(false);
    expect(isFor(reset(1, { machine: "web-1" }), here)).toBe(false);
    expect(isFor(reset(1, { table: "other" }), here)).toBe(false);
  });

  test("makes an older one needless only if it is for all whom that is for", () => {
    const narrow = reset(1, { application: "web", machine: "web-0" });
    expect(replaces(reset(2), narrow)).toBe(true);
    expect(replaces(reset(2, { table: "*" }), narrow)).toBe(true);
    expect(replaces(narrow, reset(2))).toBe(false);
    expect(replaces({ ...narrow, revision: 3 }, reset(2))).toBe(false);
    // A refresh of all tables leaves those alone that had no active version.
    const refresh: Extract<Command, { action: "refresh" }> = {
      ...base,
      table: "*",
      ...everywhere,
      action: "refresh",
      versions: {},
      revision: 2,
    };
    expect(replaces(refresh, narrow)).toBe(false);
    expect(replaces({ ...refresh, versions: { default: 2 } }, narrow)).toBe(true);
  });

  test("comes back from its row as it was written", async () => {
    const table = new InMemoryTable();
    const content = { hash: "h", bytes: 3, chunks: ["a", "b"] };
    const commands: Command[] = [
      reset(1, { machine: "web-0" }),
      { ...base, table: "a", ...everywhere, action: "refresh", versions: { a: 3 }, revision: 2 },
      { ...base, table: "b", ...everywhere, action: "set", content, revision: 3 },
    ];
    for (const command of commands) await table.insert(toCommandRow(command));
    const read = table.rows(partitions.desired).map(readCommandRow);
    expect(read).toEqual(expect.arrayContaining(commands.map((command) => expect.objectContaining(command))));
  });
});

describe("the desired state", () => {
  const order = {
    table: "default",
    ...everywhere,
    order: async () => ({ action: "reset" }) as const,
    by: "test",
  };

  test("gives each command a number of its own, and knows one again whose answer got lost", async () => {
    const table = new InMemoryTable();
    const desired = new DesiredState(table, new ManualClock());
    expect(await desired.revision()).toBe(0);
    expect((await desired.give({ ...order, id: "a" })).revision).toBe(1);
    table.loseNextAnswers(1);
    expect((await desired.give({ ...order, id: "b" })).revision).toBe(2);
    expect([await desired.revision(), (await desired.commands()).length]).toEqual([2, 1]);
  });

  test("passes over a row that somebody has spoilt, and the next command for its target mends it", async () => {
    const table = new InMemoryTable();
    const desired = new DesiredState(table, new ManualClock());
    await table.insert({ partitionKey: partitions.desired, rowKey: "default|*|*", revision: "?" });
    await desired.give({ ...order, machine: "web-0", id: "a" });
    expect(await desired.commands()).toHaveLength(1);
    expect((await desired.give({ ...order, id: "b" })).revision).toBe(2);
    expect((await desired.commands()).map(({ id }) => id)).toEqual(["b"]);
  });
});
