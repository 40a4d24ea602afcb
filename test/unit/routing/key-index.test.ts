import { describe, expect, test } from "vitest";
import type { FilterKey, KeyOptions } from "../../../shared/routing/filter-key.ts";
import { IntervalTree } from "../../../shared/routing/interval-tree.ts";
import { KeyIndex } from "../../../shared/routing/key-index.ts";
import { viewOf } from "./table-with.ts";

const json = (path: string, wants: FilterKey["wants"]): FilterKey => ({
  source: "json",
  path: path.split("."),
  wants,
});
const only = (...keys: FilterKey[]): KeyOptions => [keys];

describe("an index of filters", () => {
  test("finds a few among many that ask for certain values, prefixes or ranges", () => {
    const filters = Array.from({ length: 3_000 }, (_, id): KeyOptions => {
      if (id % 3 === 0) return only(json("a.b", { exact: id }));
      if (id % 3 === 1) return only(json("text", { prefix: `x${id}-` }));
      return only(json("n", { from: id, to: id + 1 }));
    });
    const index = new KeyIndex(filters);
    expect(index.candidates(viewOf({ json: { a: [{ b: [30, 60] }], text: "x100-y", n: 200.5 } }))).toEqual([
      30, 60, 100, 200,
    ]);
    expect(index.candidates(viewOf({ json: { a: { b: "30" }, text: 100, n: "200" } }))).toEqual([]);
  });

  test("always names those of which nothing can be said, in order", () => {
    const index = new KeyIndex([[], only(json("a", { exact: 1 })), []]);
    expect(index.candidates(viewOf({ json: { a: 1 } }))).toEqual([0, 1, 2]);
    expect(index.candidates(viewOf({ body: "<a/>" }))).toEqual([0, 2]);
  });

  test("takes, of what a filter asks for, what the fewest others ask for", () => {
    const filters = Array.from({ length: 100 }, (_, id): KeyOptions => [
      [json("kind", { exact: "order" })],
      [json("id", { exact: id })],
    ]);
    expect(new KeyIndex(filters).candidates(viewOf({ json: { kind: "order", id: 7 } }))).toEqual([7]);
  });

  test("names a filter once, however many of its keys a message has", () => {
    const index = new KeyIndex([only(json("a", { exact: 1 }), json("b", { exact: 1 }))]);
    expect(index.candidates(viewOf({ json: { a: 1, b: [1, 1] } }))).toEqual([0]);
  });

  test("looks in headers, action, address, inbound endpoint and context attributes too", () => {
    const key = (source: FilterKey["source"], path: string[], wants: FilterKey["wants"]): KeyOptions =>
      only({ source, path, wants });
    const index = new KeyIndex([
      key("headers", ["x"], { exact: "1" }),
      key("action", [], { exact: "go" }),
      key("path", [], { prefix: "a" }),
      key("inbound", [], { exact: "events" }),
      key("event", ["type"], { exact: "t" }),
    ]);
    const headers = { X: "1", action: "go", "ce-specversion": "1.0", "ce-type": "t" };
    expect(index.candidates(viewOf({ headers, address: "http://h/A/b" }))).toEqual([0, 1, 2, 3, 4]);
  });
});

test("ranges that hold a number are found, bounds included", () => {
  const intervals = Array.from({ length: 200 }, (_, id) => ({
    id,
    from: (id * 37) % 100,
    to: ((id * 37) % 100) + (id % 15),
  }));
  intervals.push({ id: 200, from: -Infinity, to: 5 }, { id: 201, from: 95, to: Infinity });
  const tree = new IntervalTree(intervals);
  for (let value = -1; value < 120; value += 0.5) {
    const found: number[] = [];
    tree.collect(value, found);
    const wanted = intervals.filter(({ from, to }) => from <= value && value <= to).map(({ id }) => id);
    expect(found.sort((a, b) => a - b)).toEqual(wanted);
  }
});
