import { describe, expect, test } from "vitest";
import { KeyIndex } from "../../../shared/routing/key-index.ts";
import { compileXPath } from "../../../shared/routing/xpath-filter.ts";
import { randomFrom, type Random } from "./random-table.ts";
import { viewOf } from "./table-with.ts";

const namespaces = { t: "urn:tester" };
const compile = (expression: string) => compileXPath(expression, namespaces, () => 0);

const echo = (topic: string, kind = "1", more = ""): string =>
  `<Echo xmlns="urn:tester" kind="${kind}"><in><topic>${topic}</topic></in>${more}</Echo>`;
const soap = (version: "1.1" | "1.2", header: string, body = ""): string => {
  const uri =
    version === "1.1"
      ? "http://schemas.xmlsoap.org/soap/envelope/"
      : "http://www.w3.org/2003/05/soap-envelope";
  return `<s:Envelope xmlns:s="${uri}"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
};

describe("an expression is found by the elements and attributes that it compares with a text", () => {
  test.each([
    ["/t:Echo/t:in/t:topic = 'A'", echo("A"), echo("B")],
    ["starts-with(/t:Echo/t:in/t:topic, 'A')", echo("A<!-- x -->1"), echo("BA")],
    ["'2' = t:Echo/@kind", echo("A", "2"), echo("2")],
    ["//t:topic = 'A' and count(//t:in) = 1", echo("<![CDATA[A]]>"), echo("B")],
    ["(/t:Echo/t:in = 'A' or /t:Echo/@kind = '2')", echo("B", "2"), echo("B")],
    ["//t:topic/@x = 'y'", echo("A", "1", "<topic x='y'/>"), echo("A", "1", "<in x='y'/>")],
    ["sm:header()/t:v = '2'", soap("1.2", '<v xmlns="urn:tester">2</v>'), soap("1.2", "<v>2</v>")],
    ["sm:body()/t:Echo/@kind = '2'", soap("1.1", "", echo("A", "2")), soap("1.1", echo("A", "2"))],
  ])("%s", (expression, fitting, other) => {
    const { keys, judge } = compile(expression);
    const index = new KeyIndex([keys]);
    expect(judge(viewOf({ body: fitting }))).toBe(true);
    expect(index.candidates(viewOf({ body: fitting }))).toEqual([0]);
    expect(index.candidates(viewOf({ body: other }))).toEqual([]);
    expect(index.candidates(viewOf({ json: { a: 1 } }))).toEqual([]);
  });

  test("and by the action", () => {
    const { keys } = compile("sm:action() = 'go'");
    expect(keys).toEqual([[{ source: "action", path: [], wants: { exact: "go" } }]]);
  });
});

test.each([
  "/t:Echo/t:in/t:topic = 5",
  "/t:Echo/*/t:topic = 'A'",
  "/t:Echo[1]/t:in = 'A'",
  "/t:Echo//t:topic = 'A'",
  "/t:Echo/t:in/.. = 'A'",
  "(/t:Echo/t:in)[1] = 'A'",
  "/t:Echo/t:in != 'A'",
  "not(/t:Echo/t:in = 'A')",
  "/t:Echo/t:in = /t:Echo/@kind",
  "starts-with(/t:Echo/t:in, '')",
  "sm:action() = ''",
  "sm:from()/t:a = 'x'",
  "/t:Echo/t:in = 'A' or count(//*) > 1",
])("an expression of which nothing of the kind can be said is always asked: %s", (expression) => {
  expect(compile(expression).keys).toEqual([]);
});

function randomXml(random: Random, depth = 3): string {
  const name = ["a", "b", "c"][random(3)];
  const inner = Array.from({ length: random(3) }, () => (depth > 0 ? randomXml(random, depth - 1) : "")).join(
    "",
  );
  return `<${name} k="${random(3)}">${random(2) === 0 ? String(random(3)) : ""}${inner}</${name}>`;
}

function randomXPath(random: Random): string {
  const name = (): string => ["a", "b", "c"][random(3)] ?? "a";
  const path = (): string =>
    `${random(2) === 0 ? "/" : "//"}${Array.from({ length: 1 + random(3) }, name).join("/")}${random(3) === 0 ? "/@k" : ""}`;
  const term = (): string =>
    random(3) === 0 ? `starts-with(${path()}, '${random(3)}')` : `${path()} = '${random(3)}'`;
  return random(2) === 0 ? term() : `${term()} ${random(2) === 0 ? "and" : "or"} ${term()}`;
}

test("no expression that comes to true is overlooked", () => {
  const random = randomFrom(7);
  const filters = Array.from({ length: 200 }, () => compile(randomXPath(random)));
  const index = new KeyIndex(filters.map(({ keys }) => keys));
  let [found, asked] = [0, 0];
  for (let nth = 0; nth < 40; nth += 1) {
    const view = viewOf({ body: randomXml(random) });
    const candidates = new Set(index.candidates(view));
    const matching = filters.flatMap(({ judge }, id) => (judge(view) === true ? [id] : []));
    expect(matching.filter((id) => !candidates.has(id))).toEqual([]);
    found += matching.length;
    asked += candidates.size;
  }
  expect(filters.every(({ keys }) => keys.length > 0)).toBe(true);
  expect(found).toBeGreaterThan(200);
  expect(asked).toBeLessThan(40 * 200 * 0.5);
});
