import { expect, test } from "vitest";
import type { FilterKey, KeyOptions } from "../../../shared/routing/filter-key.ts";
import { KeyIndex } from "../../../shared/routing/key-index.ts";
import { nextAbove } from "../../../shared/routing/next-above.ts";
import { viewOf } from "./table-with.ts";

const key = (path: string, wants: FilterKey["wants"]): readonly FilterKey[] => [
  { source: "json", path: [path], wants },
];

test("filters that share a value are told apart by what else each of them asks", () => {
  const filters = Array.from({ length: 4_000 }, (_, id): KeyOptions => [
    key("a", { exact: id % 20 }),
    key("b", { exact: Math.floor(id / 20) % 20 }),
    key("c", { exact: Math.floor(id / 400) }),
  ]);
  filters.push([key("a", { exact: 3 })]);
  expect(new KeyIndex(filters).candidates(viewOf({ json: { a: 3, b: 4, c: 5 } }))).toEqual([2_083, 4_000]);
});

test("narrow ranges are preferred to a value that many ask for, wide ones are not", () => {
  const narrow = Array.from({ length: 500 }, (_, id): KeyOptions => [
    key("a", { exact: id % 4 }),
    key("n", { from: id, to: id + 1 }),
  ]);
  expect(new KeyIndex(narrow).candidates(viewOf({ json: { a: 1, n: 5.5 } }))).toEqual([5]);
  const wide = Array.from({ length: 500 }, (_, id): KeyOptions => [
    key("a", { exact: id }),
    key("n", { from: id, to: Infinity }),
  ]);
  expect(new KeyIndex(wide).candidates(viewOf({ json: { a: 1, n: 5.5 } }))).toEqual([1]);
});

test("suffixes are found among many", () => {
  const filters = Array.from({ length: 500 }, (_, id): KeyOptions => [key("t", { suffix: `-${id}` })]);
  expect(new KeyIndex(filters).candidates(viewOf({ json: { t: "x-17" } }))).toEqual([17]);
  expect(new KeyIndex(filters).candidates(viewOf({ json: { t: 17 } }))).toEqual([]);
});

test("a number that no double can hold lies in no range", () => {
  const index = new KeyIndex([[key("n", { from: 1, to: Infinity })]]);
  expect(index.candidates(viewOf({ body: '{"n":1e999}' }))).toEqual([]);
  expect(index.candidates(viewOf({ body: '{"n":1e308}' }))).toEqual([0]);
});

test.each([0, 1, -1, 0.1, -0.1, 2 ** 53, Number.MIN_VALUE, -Number.MIN_VALUE])(
  "nothing lies between %d and the number above it",
  (value) => {
    const above = nextAbove(value);
    expect(above).toBeGreaterThan(value);
    expect([value, above]).toContain(value + (above - value) / 2);
  },
);

test("a filter that matches unless a message has a key is named just when it has none, and has the part to look in", () => {
  const action: readonly FilterKey[] = [{ source: "action", path: [], wants: { exact: "go" } }];
  const index = new KeyIndex([
    { unless: key("a", { exact: 1 }) },
    [],
    [key("a", { exact: 1 })],
    { unless: action },
    { unless: [...key("a", { exact: 2 }), ...key("b", { exact: 2 })] },
  ]);
  const headers = { action: "stay" };
  expect(index.candidates(viewOf({ json: { a: 1 }, headers }))).toEqual([1, 2, 3, 4]);
  expect(index.candidates(viewOf({ json: { a: 3, b: [1, 2] }, headers: { action: "go" } }))).toEqual([0, 1]);
  expect(index.candidates(viewOf({ json: {} }))).toEqual([0, 1, 4]);
  expect(index.candidates(viewOf({ body: "<no", headers }))).toEqual([1, 3]);
});
