import { describe, expect, test } from "vitest";
import { CesqlFault } from "../../../../shared/routing/cesql/cesql-fault.ts";
import { compileCesql, type CesqlResult } from "../../../../shared/routing/cesql/compile-cesql.ts";
import type { CesqlValue } from "../../../../shared/routing/cesql/parse.ts";
import { faultsOf, isMatch } from "../table-with.ts";
import { arithmetic, attributes, casts, comparison, literals, logic, type Case } from "./cases.ts";
import { functions, like, subscriptions } from "./text-cases.ts";

function resultOf(expression: string, given: Readonly<Record<string, CesqlValue>> = {}): CesqlResult {
  const event = { specversion: "1.0", id: "i", type: "t", source: "s", ...given };
  try {
    return compileCesql(expression).evaluate(new Map(Object.entries(event)));
  } catch (error) {
    // What cannot be compiled comes to nothing, with its error.
    if (error instanceof CesqlFault) return { value: false, error: error.kind };
    throw error;
  }
}

describe.each([
  ["comparison", comparison],
  ["logic", logic],
  ["arithmetic", arithmetic],
  ["casts", casts],
  ["literals", literals],
  ["attributes", attributes],
  ["functions", functions],
  ["LIKE", like],
  ["filters of subscriptions", subscriptions],
] satisfies [string, readonly Case[]][])("conformance: %s", (_name, cases) => {
  test.each(cases.map(([expression, value, given, error]) => ({ expression, value, given, error })))(
    "$expression ($given)",
    ({ expression, value, given, error }) => {
      expect(resultOf(expression, given)).toEqual({ value, ...(error ? { error } : {}) });
    },
  );
});

/* What version 1.0 changed, and what its cases of IN, EXISTS, upper and lower case and bad expressions are about; written from its words. */
describe("version 1.0", () => {
  const cases: readonly Case[] = [
    ["5 + TRUE", 6],
    ["NOT 10", false],
    ["'5avc4' + 10", 0, {}, "cast"],
    ["subject", false, {}, "missingAttribute"],
    ["true AND (absent = '')", false, {}, "missingAttribute"],
    ["FALSE AND absent", false],
    ["TRUE OR absent", true],
    ["123 IN (1, 2, 12, 123)", true],
    ["123 NOT IN (1, 2, 12)", true],
    ["'abc' IN ('abc', 'b')", true],
    ["TRUE IN (FALSE)", false],
    ["'1' IN (2, 1)", true],
    ["source IN (subject, 'x')", true, { source: "a", subject: "a" }],
    ["absent IN ('x')", false, {}, "missingAttribute"],
    ["1 IN ('a')", false, {}, "cast"],
    ["EXISTS id", true],
    ["EXISTS absent", false],
    ["NOT EXISTS absent", true],
    ["tRuE aNd nOt fAlSe", true],
    ["LoWeR('A') lIkE 'a'", true],
    ["'abc' = 'ABC'", false],
    ["2147483647 + 1", 0, {}, "math"],
    ["LENGTH('\u{1F600}')", 1],
    ["FALSE AND TRUE OR TRUE", false],
    ["NOT FALSE = TRUE", true],
    ["10 - 2 - 3", 5],
    ["1 + 1 = 2 AND 3 > 2", true],
    ["-7 / 2", -3],
    ["-7 % 2", -1],
    ["0 / -5", 0],
  ];
  test.each(cases.map(([expression, value, given, error]) => ({ expression, value, given, error })))(
    "$expression comes to $value",
    ({ expression, value, given, error }) => {
      expect(resultOf(expression, given)).toEqual({ value, ...(error ? { error } : {}) });
    },
  );

  test.each([
    "ABC(",
    "(TRUE",
    "TRUE)",
    "'open",
    "1 +",
    "= 1",
    "TRUE TRUE",
    "x LIKE y",
    "x IN ()",
    "x NOT 1",
    "EXISTS 'x'",
    "2147483648",
    "Id = 'x'",
    "a.b = 1",
    "id = $1",
    `${"(".repeat(100)}1${")".repeat(100)}`,
    "",
  ])("refuses %.40s", (expression) => {
    expect(() => compileCesql(expression)).toThrow(CesqlFault);
  });
});

describe("the dialect sql of a CloudEvents filter", () => {
  const headers = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-type": "order",
    "ce-source": "/s",
    "ce-hop": "3",
  };
  test.each([
    ["type = 'order' AND INT(hop) < 5", true],
    ["type = 'bill' OR hop = 3", true],
    ["type IN ('order', 'bill') AND source LIKE '/s%'", true],
    ["subject = 'x'", false],
    ["LENGTH(type)", false],
    ["hop", false],
  ])("%s", (sql, expected) => {
    expect(isMatch({ type: "CloudEvents", filters: [{ sql }] }, { headers })).toBe(expected);
  });

  test("is refused with its place when it is not sound", () => {
    const filterOf = (sql: unknown) => ({ filters: { bad: { type: "CloudEvents", filters: [{ sql }] } } });
    expect(faultsOf(filterOf("type ="))[0]).toContain("filters.bad.filters.0.sql: is no expression");
    expect(faultsOf(filterOf("NOTHING(type)"))[0]).toContain("calls NOTHING() with 1 arguments");
    expect(faultsOf(filterOf(7))[0]).toContain("must be a text");
  });
});
