import { describe, expect, it } from "vitest";

import { messageOf, truthOf } from "./message.ts";

const truths = { T: "(1 = 1)", F: "(1 = 2)", U: "(missing = 1)" } as const;
type Letter = keyof typeof truths;
const letters: Letter[] = ["T", "F", "U"];
const words = { T: "true", F: "false", U: "unknown" } as const;

// The tables of the Service Bus documentation: row operator column.
const tables: Record<string, Record<Letter, Record<Letter, Letter>>> = {
  AND: { T: { T: "T", F: "F", U: "U" }, F: { T: "F", F: "F", U: "F" }, U: { T: "U", F: "F", U: "U" } },
  OR: { T: { T: "T", F: "T", U: "T" }, F: { T: "T", F: "F", U: "U" }, U: { T: "T", F: "U", U: "U" } },
};

describe("three-valued logic", () => {
  const cases = Object.entries(tables).flatMap(([operator, table]) =>
    letters.flatMap((left) =>
      letters.map((right) => ({ left, operator, right, expected: table[left][right] })),
    ),
  );

  it.each(cases)("$left $operator $right is $expected", ({ left, operator, right, expected }) => {
    expect(truthOf(`${truths[left]} ${operator} ${truths[right]}`)).toBe(words[expected]);
  });

  it.each([
    ["NOT 1 = 1", "false"],
    ["NOT 1 = 2", "true"],
    ["NOT missing = 1", "unknown"],
    ["NOT NOT missing = 1", "unknown"],
    ["NOT NOT 1 = 1", "true"],
  ])("%s is %s", (expression, expected) => {
    expect(truthOf(expression)).toBe(expected);
  });
});

describe("a value in place of a condition", () => {
  const message = messageOf({ yes: true, no: false, text: "true", empty: null });

  it.each([
    ["TRUE", "true"],
    ["FALSE", "false"],
    ["NULL", "unknown"],
    ["yes", "true"],
    ["NOT no", "true"],
    ["yes AND p('yes')", "true"],
    ["text", "unknown"],
    ["empty", "unknown"],
    ["missing", "unknown"],
  ])("%s is %s", (expression, expected) => {
    expect(truthOf(expression, message)).toBe(expected);
  });
});

describe("precedence", () => {
  it.each([
    ["1=1 OR 1=1 AND 1=2", "true"],
    ["(1=1 OR 1=1) AND 1=2", "false"],
    ["NOT 1=2 AND 1=1", "true"],
    ["NOT (1=1 OR 1=2)", "false"],
    ["NOT 1=1 OR 1=1", "true"],
    ["2 + 3 * 4 = 14", "true"],
    ["(2 + 3) * 4 = 20", "true"],
    ["10 - 3 - 2 = 5", "true"],
    ["100 / 10 / 5 = 2", "true"],
    ["-2 * 3 = -6", "true"],
    ["1 - -1 = 2", "true"],
    ["1 + 1 = 2 AND 2 IN (1, 2) AND 'ab' LIKE 'a%' OR 1 = 2", "true"],
    ["1 = 1 AND NOT 1 = 2 OR 1 = 2", "true"],
  ])("%s is %s", (expression, expected) => {
    expect(truthOf(expression)).toBe(expected);
  });
});

describe("IS NULL and EXISTS", () => {
  const message = messageOf({ here: 1n, empty: null }, { Label: "l" });

  it.each([
    ["here IS NULL", "false"],
    ["here IS NOT NULL", "true"],
    ["empty IS NULL", "true"],
    ["missing IS NULL", "true"],
    ["missing IS NOT NULL", "false"],
    ["property('here') IS NULL", "false"],
    ["sys.Label IS NULL", "false"],
    ["sys.To IS NULL", "true"],
    ["EXISTS(here)", "true"],
    ["EXISTS ( user.here )", "true"],
    ["EXISTS(empty)", "true"],
    ["EXISTS(missing)", "false"],
    ["NOT EXISTS(missing)", "true"],
    ["EXISTS(sys.Label)", "true"],
    ["EXISTS(sys.To)", "false"],
  ])("%s is %s", (expression, expected) => {
    expect(truthOf(expression, message)).toBe(expected);
  });
});

describe("IN", () => {
  const message = messageOf({ store: "s1", empty: null });

  it.each([
    ["store IN ('s1', 's2')", "true"],
    ["store IN ('s2')", "false"],
    ["store NOT IN ('s2')", "true"],
    ["store NOT IN ('s1')", "false"],
    ["store IN ('s1', NULL)", "true"],
    ["store IN ('s2', NULL)", "unknown"],
    ["store NOT IN ('s2', NULL)", "unknown"],
    ["store NOT IN ('s2', missing)", "unknown"],
    ["missing IN ('s1')", "unknown"],
    ["missing NOT IN ('s1')", "unknown"],
    ["empty IN (NULL)", "unknown"],
    ["1 + 1 IN (1 * 2, 5)", "true"],
    ["store IN (1)", "unknown"],
  ])("%s is %s", (expression, expected) => {
    expect(truthOf(expression, message)).toBe(expected);
  });
});
