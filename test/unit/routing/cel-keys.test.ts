import { describe, expect, test } from "vitest";
import { compileCel } from "../../../shared/routing/cel-filter.ts";
import { KeyIndex } from "../../../shared/routing/key-index.ts";
import { viewOf } from "./table-with.ts";

describe("an expression is found by what it compares with constants", () => {
  test.each([
    ["body.a.b == 'x'", { a: { b: "x" } }, { a: { b: "y" } }],
    ["7 == body['a']", { a: 7 }, { a: 8 }],
    ["body.a == null", { a: null }, { a: 0 }],
    ["body.a in ['x', 'y'] && body.b.exists(one, one > 1.0)", { a: "y", b: [2] }, { a: "z", b: [2] }],
    ["body.a == 1 || body.b.startsWith('x')", { b: "xy" }, { a: 2, b: "yx" }],
    ["size(body) > 0 && body.a.endsWith('x')", { a: "yx" }, { a: "xy" }],
    ["body.a > 1.5", { a: 2 }, { a: 1 }],
    ["10 >= body.a", { a: 10 }, { a: 11 }],
    ["body.isOpen && !body.isOld", { isOpen: true, isOld: false }, { isOpen: false, isOld: false }],
  ])("%s", (expression, fitting, other) => {
    const { keys, judge } = compileCel(expression);
    const index = new KeyIndex([keys]);
    expect(judge(viewOf({ json: fitting }))).toBe(true);
    expect(index.candidates(viewOf({ json: fitting }))).toEqual([0]);
    expect(index.candidates(viewOf({ json: other }))).toEqual([]);
  });

  test("in headers, attributes, action and inbound endpoint too", () => {
    const index = new KeyIndex(
      ["headers['x'] == '1'", "event.type == 't'", "action == 'go'", "inbound == 'events'"].map(
        (expression) => compileCel(expression).keys,
      ),
    );
    const headers = { X: "1", action: "go", "ce-specversion": "1.0", "ce-type": "t" };
    expect(index.candidates(viewOf({ headers }))).toEqual([0, 1, 2, 3]);
    expect(index.candidates(viewOf({ inbound: "ask" }))).toEqual([]);
  });
});

test.each([
  "body.a != 1",
  "has(body.a)",
  "!(body.a == 1)",
  "body.a == 1 || size(body) > 1",
  "action == ''",
  "address == 'http://host/a'",
  "body.a == body.b",
  "true ? body.a == 1 : false",
])("an expression of which nothing of the kind can be said is always asked: %s", (expression) => {
  expect(compileCel(expression).keys).toEqual([]);
});
