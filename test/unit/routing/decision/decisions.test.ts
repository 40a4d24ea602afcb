import { describe, expect, test } from "vitest";
import {
  decisionFromRow,
  decisionToRow,
  type Decision,
} from "../../../../shared/routing/decision/decision.ts";
import { Decisions } from "../../../../shared/routing/decision/decisions.ts";
import { guardedTable } from "../../../support/guarded-table.ts";
import { InMemoryTable } from "../../../support/in-memory-table.ts";
import { randomFrom } from "../../../support/simulation/random.ts";
import { branchWith, decisionWith } from "./routed-with.ts";

const empty: Partial<Decision> = { outcome: "no-match", branches: [], trace: [] };

describe("a decision that is stored", () => {
  const cases: [string, Partial<Decision>, Partial<Decision>, string][] = [
    ["of the same replay stands", { version: "v1" }, { version: "v2" }, "stored"],
    ["of the same replay stands though empty", { ...empty, version: "v1" }, { version: "v2" }, "stored"],
    ["of a later replay ends this copy", { replay: 2, ...empty }, { replay: 1 }, "superseded"],
    ["with branches is final", { version: "v1" }, { replay: 1, version: "v2" }, "superseded"],
    ["without branches makes way for a later replay", empty, { replay: 1, version: "v2" }, "made"],
    ["without branches makes way for another empty one", empty, { replay: 1, ...empty }, "made"],
  ];

  test.each(cases)("%s", async (_what, stored, mine, kind) => {
    const decisions = new Decisions(new InMemoryTable());
    const first = decisionWith(stored);
    await decisions.settle(first);
    const next = decisionWith(mine);
    const standing = kind === "made" ? next : first;
    expect(await decisions.settle(next)).toEqual({ kind, decision: standing });
    expect(await decisions.read(first.id)).toEqual(standing);
  });
});

test("the first decision of a message costs one call, a repeated one two", async () => {
  const table = new InMemoryTable();
  const calls: string[] = [];
  const counted = guardedTable(table, async (kind, call) => {
    calls.push(kind);
    return await call();
  });
  const decisions = new Decisions(counted);
  await decisions.settle(decisionWith());
  expect(calls).toEqual(["insert"]);
  await decisions.settle(decisionWith());
  expect(calls).toEqual(["insert", "insert", "read"]);
});

test("a decision whose answer was lost is recognised as made: it stands as stored", async () => {
  const table = new InMemoryTable();
  await table.insert(decisionToRow(decisionWith()));
  expect(await new Decisions(table).settle(decisionWith())).toMatchObject({ kind: "stored" });
});

test("whatever copies of a message meet, those that may send have one decision", async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = randomFrom(seed);
    const table = new InMemoryTable();
    // Calls of several processes, each at a time of its own.
    const slow = guardedTable(table, async (_kind, call) => {
      for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1) await Promise.resolve();
      return await call();
    });
    const copies = Array.from({ length: 6 }, (_, version) => {
      const matches = random() < 0.5;
      return decisionWith({
        replay: Math.floor(random() * 3),
        version: `v${version}`,
        ...(matches ? { branches: [branchWith(`to-${version}`)] } : empty),
      });
    });
    const settled = await Promise.all(copies.map((copy) => new Decisions(slow).settle(copy)));
    const sending = settled.filter(
      ({ kind, decision }) => kind !== "superseded" && decision.outcome === "matched",
    );
    const stored = await new Decisions(table).read(copies[0]!.id);
    const versions = new Set(sending.map(({ decision }) => decision.version));
    expect([...versions], `seed ${seed}`).toEqual(stored?.outcome === "matched" ? [stored.version] : []);
  }
});

test("a decision reads as it was written, and people can query for what it says", () => {
  const decision = decisionWith();
  const row = decisionToRow(decision);
  expect(row).toMatchObject({
    partitionKey: decision.id,
    rowKey: "decision",
    version: "default@1",
    outcome: "matched",
  });
  expect(decisionFromRow({ ...row, etag: "" })).toEqual(decision);
});

test("a decision that is larger than a row is refused", () => {
  const long = { ...branchWith("a"), endpoint: "x".repeat(5_000) };
  const branches = Array.from({ length: 100 }, () => long);
  expect(() => decisionToRow(decisionWith({ branches }))).toThrow(
    expect.objectContaining({ kind: "too-many-branches" }),
  );
});
