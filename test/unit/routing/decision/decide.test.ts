import { describe, expect, test } from "vitest";
import { decide } from "../../../../shared/routing/decision/decide.ts";
import { Turns } from "../../../../shared/routing/decision/turns.ts";
import { read } from "../table-with.ts";
import { routedWith } from "./routed-with.ts";

const served = (parts: Record<string, unknown>) => ({
  name: "default",
  version: "default@1",
  compiled: read(parts),
});
const decided = (parts: Record<string, unknown>, message = routedWith(), turns = new Turns()) =>
  decide(message, served(parts), turns);

describe("a message", () => {
  test("goes to every endpoint of the level that matches, with its backups, as they are now", () => {
    const { branches, trace, ...rest } = decided(
      {
        filters: {
          all: { type: "MatchAll" },
          blue: { type: "Headers", pattern: { "x-tenant": ["blue"] } },
          red: { type: "Headers", pattern: { "x-tenant": ["red"] } },
        },
        backupLists: { toSpare: ["spare"] },
        entries: [
          { filter: "red", endpoint: "third", priority: 1 },
          { filter: "all", endpoint: "echo", backupList: "toSpare", backupOnFault: true },
          { filter: "blue", endpoint: "third" },
        ],
      },
      routedWith({ headers: { "X-Tenant": "blue" } }),
    );
    expect(rest).toEqual({
      id: "0".repeat(32),
      replay: 0,
      table: "default",
      version: "default@1",
      inbound: "events",
      exchange: "one-way",
      outcome: "matched",
      priority: 0,
    });
    expect(branches).toMatchObject([
      {
        index: 0,
        endpoint: "echo",
        backupOnFault: true,
        targets: [
          { name: "echo", timeoutMs: 30_000 },
          { name: "spare", address: "queue:spare" },
        ],
      },
      {
        index: 1,
        endpoint: "third",
        backupOnFault: false,
        targets: [{ name: "third", address: "topic:third" }],
      },
    ]);
    expect(trace).toEqual([
      { endpoint: "echo", entries: [{ entry: 1, filter: "all" }], count: 1 },
      { endpoint: "third", entries: [{ entry: 2, filter: "blue" }], count: 1 },
    ]);
  });

  test("is seen by filters with its content type", () => {
    const filters = { xml: { type: "Headers", pattern: { "content-type": [{ prefix: "text/xml" }] } } };
    const table = { filters, entries: [{ filter: "xml", endpoint: "echo" }] };
    expect(decided(table, routedWith({}, "<a/>", "text/xml")).outcome).toBe("matched");
    expect(decided(table, routedWith({}, "{}", "application/json")).outcome).toBe("no-match");
  });

  test("that nothing matches is decided to have no branches", () => {
    const table = {
      filters: { never: { type: "Action", actions: ["never"] } },
      entries: [{ filter: "never", endpoint: "echo" }],
    };
    expect(decided(table)).toMatchObject({ outcome: "no-match", branches: [] });
  });

  test("for an inbound endpoint that is not there is refused with those that are", () => {
    expect(() => decided({}, routedWith({ inbound: "constructor" }))).toThrow(
      expect.objectContaining({ kind: "unknown-inbound", message: expect.stringContaining("events, ask") }),
    );
  });

  test("for more endpoints than one message may go to is refused", () => {
    const names = Array.from({ length: 101 }, (_, n) => `e${n}`);
    const table = {
      endpoints: Object.fromEntries(
        names.map((name) => [name, { address: `queue:${name}`, exchange: "one-way" }]),
      ),
      entries: names.map((endpoint) => ({ filter: "all", endpoint })),
      inbound: { events: { exchange: "one-way" } },
    };
    expect(() => decided(table)).toThrow(expect.objectContaining({ kind: "too-many-branches" }));
  });
});

describe("a request", () => {
  const ask = routedWith({ inbound: "ask" });

  test("goes to its one endpoint", () => {
    expect(decided({ entries: [{ filter: "all", endpoint: "answer" }] }, ask)).toMatchObject({
      exchange: "request-reply",
      branches: [{ endpoint: "answer" }],
    });
  });

  test("that two endpoints match is refused, and that none does", () => {
    const entries = ["answer", "other"].map((endpoint) => ({ filter: "all", endpoint }));
    expect(() => decided({ entries }, ask)).toThrow(
      expect.objectContaining({ kind: "ambiguous-match", message: expect.stringContaining("answer, other") }),
    );
    const filters = { never: { type: "Action", actions: ["never"] } };
    expect(() => decided({ filters, entries: [{ filter: "never", endpoint: "answer" }] }, ask)).toThrow(
      expect.objectContaining({ kind: "no-match" }),
    );
  });
});

describe("a choice", () => {
  const table = {
    choices: { either: { policy: "round-robin", endpoints: ["echo", "spare"] } },
    backupLists: { both: ["echo", "spare"] },
    entries: [{ filter: "all", endpoint: "either", backupList: "both" }],
  };
  const chosen = (turns: Turns, orderingKey?: string) =>
    decided(table, routedWith(orderingKey === undefined ? {} : { orderingKey }), turns).branches[0]!;

  test("takes turns, and what was chosen is no backup of itself", () => {
    const turns = new Turns();
    const targets = [1, 2, 3].map(() => chosen(turns).targets.map(({ name }) => name));
    expect(targets).toEqual([
      ["echo", "spare"],
      ["spare", "echo"],
      ["echo", "spare"],
    ]);
  });

  test("is one branch, whatever is chosen", () => {
    const turns = new Turns();
    expect(new Set([1, 2, 3].map(() => chosen(turns).id)).size).toBe(1);
    expect(chosen(turns).endpoint).toBe("either");
  });

  test("is the same for all messages under one ordering key, on every instance", () => {
    const names = Array.from({ length: 8 }, (_, n) => {
      const of = () => chosen(new Turns(), `key-${n}`).targets[0]!.name;
      expect(of()).toBe(of());
      return of();
    });
    expect(new Set(names)).toEqual(new Set(["echo", "spare"]));
  });
});

test("turns of one choice do not count for another, nor for another table's", () => {
  const turns = new Turns();
  const taken = [
    ["t", "a"],
    ["t", "a"],
    ["t", "b"],
    ["u", "a"],
  ].map(([table, choice]) => turns.take(table!, choice!));
  expect(taken).toEqual([0, 1, 0, 0]);
});
