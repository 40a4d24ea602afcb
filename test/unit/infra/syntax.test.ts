import { expect, test } from "vitest";
import { FileScope } from "../../../infra/check/evaluate/file-scope.ts";
import { toJson } from "../../../infra/check/evaluate/value.ts";
import { Findings } from "../../../infra/check/finding.ts";
import { readSource } from "../../../infra/check/syntax/read-file.ts";
import { ResourceTypes } from "../../../infra/check/types/from-notation.ts";
import { findingsIn } from "../../support/infra/checked.ts";

/** What the last variable of a file gives. */
async function valueOf(text: string): Promise<unknown> {
  const findings = new Findings();
  const source = await readSource("x.bicep", text, findings);
  expect(findings.list()).toEqual([]);
  const world = {
    findings,
    types: new ResourceTypes([]),
    source: () => undefined,
    text: () => undefined,
    follow: true,
    deployed: [],
  };
  const value = new FileScope(source, new Map(), world).find(source.declarations.at(-1)?.name ?? "");
  expect(findings.list()).toEqual([]);
  return value && toJson(value);
}

test.each([
  ["a member binds more tightly than a comparison", "var o = { a: 1 }\nvar x = 1 == o.a", true],
  ["and than a negation", "var o = { a: true }\nvar x = !o.a || o.a", true],
  ["and than the other side of a choice", "var o = { a: 1 }\nvar x = false ? 2 : o.a", 1],
  [
    "multiplication binds more tightly than addition, also after a member",
    "var o = { a: 3 }\nvar x = 1 + o.a * 2",
    7,
  ],
  ["parentheses are kept", "var o = { a: 3 }\nvar x = (1 + o.a) * 2", 8],
  ["all of what follows the arrow is the lambda's", "var x = filter([1, 2, 3], n => n > 1 && n != 3)", [2]],
  ["a lambda may negate", "var x = filter([{ a: true }, { a: false }], o => !o.a)", [{ a: false }]],
  ["a lambda may choose", "var x = map([1, 2], n => n == 1 ? 'one' : '${n}!')", ["one", "2!"]],
  ["a call is one item of an array", "var x = [toLower('A'), concat('b', 'c')]", ["a", "bc"]],
  ["so is an element of another array", "var l = ['a', 'b']\nvar x = [\n  l[1]\n  l[0]\n]", ["b", "a"]],
  ["blanks around what is put into a text stay", "var a = 'b'\nvar x = '${a} ${a} '", "b b "],
  ["escapes are read", "var x = 'it\\'s \\${x} \\u{41}'", "it's ${x} A"],
  ["a text over several lines begins after the first", "var x = '''\none\ntwo'''", "one\ntwo"],
  ["`??` takes the other where the first is null", "var x = null ?? 'y'", "y"],
  ["a loop knows its index", "var x = [for (n, i) in ['a', 'b']: '${n}${i}']", ["a0", "b1"]],
  [
    "a function of the file can be called",
    "func f(a string) string => toUpper('${a}!')\nvar x = f('b')",
    "B!",
  ],
])("%s", async (_, text, expected) => {
  expect(await valueOf(text)).toEqual(expected);
});

test.each([
  ["what is no Bicep", "var x = = 1", "1:9 syntax error"],
  [
    "two properties on one line without a comma",
    "var x = { a: 1 b: 2 }\noutput o object = x",
    "1:16 a new line is missing",
  ],
  ["two statements on one line", "var x = 1 var y = 2", "1:11 a new line is missing"],
])("says where there is %s", async (_, text, expected) => {
  expect((await findingsIn(text)).find((finding) => finding.startsWith(expected))).toBeDefined();
});
