import { describe, expect, test } from "vitest";
import { routingLimits } from "../../../shared/routing/limits.ts";
import { compileXPath } from "../../../shared/routing/xpath-filter.ts";
import { faultsOf, isMatch, viewOf } from "./table-with.ts";

const echo = `<Echo xmlns="urn:tester" xmlns:q="urn:q" q:z="1" kind="2">
  <topic>A1</topic><n>5</n><n>6</n><!-- said --><x/></Echo>`;

const soap = (version: "s11" | "s12", header: string, body = ""): string => {
  const uri =
    version === "s11"
      ? "http://schemas.xmlsoap.org/soap/envelope/"
      : "http://www.w3.org/2003/05/soap-envelope";
  return `<?xml version="1.0"?>
  <s:Envelope xmlns:s="${uri}" xmlns:a="http://www.w3.org/2005/08/addressing" xmlns:c="http://my.custom.namespace/">
    <s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
};

const namespaces = { t: "urn:tester", custom: "http://my.custom.namespace/" };
const now = Date.parse("2026-11-21T12:00:00Z");
const judge = (expression: string, body: string) =>
  compileXPath(expression, namespaces, () => now).judge(viewOf({ body }));

describe("an expression", () => {
  test.each([
    ["starts-with(/t:Echo/t:topic, 'A')", true],
    ["starts-with(/t:Echo/t:topic, 'B')", false],
    ["/t:Echo/t:topic", true],
    ["/Echo/topic", false],
    ["//t:n[2] = 6", true],
    ["//t:n[last()]/preceding-sibling::t:n = '5'", true],
    ["(//t:n)[2] = 6", true],
    ["/t:Echo[@kind = '2']/t:topic = 'A1' and not(//t:none)", true],
    ["//*[local-name() = 'topic'] | //t:none", true],
    ["namespace-uri(/*) = 'urn:tester'", true],
    ["normalize-space(//comment()) = 'said'", true],
    ["concat(//t:n[1], '-', //t:n[2]) = '5-6'", true],
    ["substring-after(/t:Echo/t:topic, 'A') = '1'", true],
    ["translate(//t:topic, 'A', 'b') = 'b1'", true],
    ["string-length(//t:topic) = 2", true],
  ])("is XPath 1.0: %s", (expression, expected) => {
    expect(judge(expression, echo)).toBe(expected);
  });

  test.each([
    ["0", false],
    ["1", true],
    ["0 div 0", false],
    ["''", false],
    ["'no'", true],
    ["//t:none", false],
    ["//t:x", true],
    ["string(//t:x)", false],
    ["false()", false],
    ["count(//t:n)", true],
    ["number(//t:topic)", false],
  ])("is converted to true or false as in the original engine: %s", (expression, expected) => {
    expect(judge(expression, echo)).toBe(expected);
  });

  test.each([
    ["starts-with(/t:Echo/t:n, 5)", true],
    ["starts-with(/t:Echo/t:n, 5.0)", true],
    ["starts-with(/t:Echo/t:n, 6)", false],
    ["contains(/t:Echo/t:topic, 1)", true],
    ["substring(/t:Echo/t:topic, '2') = 1", true],
    ["/t:Echo/t:n > '5'", true],
    ["//t:n = 6 and //t:n = 5", true],
    ["sum(//t:n) = '11'", true],
    ["/t:Echo/@kind = 2", true],
    ["starts-with(true(), 't')", true],
    ["boolean(//t:n) = true()", true],
    ["'1e1' = 10", false],
  ])("converts arguments: %s", (expression, expected) => {
    expect(judge(expression, echo)).toBe(expected);
  });

  test("counts each node once, however often it is come by", () => {
    expect(judge("count(//t:n/..) = 1", echo)).toBe(true);
    expect(judge("count(//@*) = 2", echo)).toBe(true);
  });
});

describe("SOAP messages", () => {
  const header = `<a:Action s:mustUnderstand="1">urn:go</a:Action><a:To>http://x/y</a:To><a:MessageID>m1</a:MessageID>
    <a:RelatesTo>r1</a:RelatesTo><a:RelatesTo>r2</a:RelatesTo><a:ReplyTo>z</a:ReplyTo>
    <c:CalcVer s:actor="next">2</c:CalcVer><c:RoundingCalculator>rounding</c:RoundingCalculator>`;
  const body = soap("s11", header, '<Echo xmlns="urn:tester"><topic>A</topic></Echo>');

  test.each([
    ["sm:header()/custom:CalcVer = '2'", true],
    ["sm:header()/custom:CalcVer = '1'", false],
    ["not(sm:header()/custom:Other)", true],
    ["/s11:Envelope/s11:Header/custom:RoundingCalculator = 'rounding'", true],
    ["/s12:Envelope/s12:Header/custom:RoundingCalculator = 'rounding'", false],
    ["//s11:Header/wsa10:Action = 'urn:go'", true],
    ["sm:body()/t:Echo/t:topic = 'A'", true],
    ["sm:action() = 'urn:go'", true],
    ["sm:to() = 'http://x/y'", true],
    ["sm:messageId() = 'm1'", true],
    ["count(sm:relatesTo()) = 2", true],
    ["sm:replyTo() = 'z'", true],
    ["sm:from()", false],
    ["sm:soap-uri() = 'http://schemas.xmlsoap.org/soap/envelope/'", true],
    ["sm:is-mandatory(sm:header()/wsa10:Action)", true],
    ["sm:is-mandatory(sm:header()/custom:CalcVer)", false],
    ["sm:actor(sm:header()/custom:CalcVer) = 'next'", true],
    ["count(sm:headers-with-actor('next')) = 1", true],
    ["sm:date-time('0001-01-02T00:00:00Z') = 1", true],
    ["sm:utc-now() > sm:date-time('2026-11-21T11:00:00Z')", true],
    ["sm:utc-now() - sm:duration('1.00:00:00') < sm:date-time('2026-11-21T11:00:00Z')", true],
    ["sm:duration('06:00') = 0.25", true],
  ])("are seen by the functions and prefixes of the original engine: %s", (expression, expected) => {
    expect(judge(expression, body)).toBe(expected);
  });

  test("of version 1.2 are told from those of 1.1", () => {
    expect(judge("sm:header()/custom:A and sm:body() and /s12:Envelope", soap("s12", "<c:A/>"))).toBe(true);
    expect(judge("sm:header()", "<Envelope/>")).toBe(false);
  });
});

describe("what cannot be judged does not match, with the reason", () => {
  test.each([
    ['{"a":1}', "the body is not XML"],
    ["", "the body is not XML"],
    ["<a><b></a>", "the body is not well-formed XML"],
    ["<a/><b/>", "the body is not well-formed XML"],
    ["<a>&unknown;</a>", "the body is not well-formed XML"],
    ['<!DOCTYPE a [<!ENTITY e "x">]><a/>', "document type declaration"],
    ['<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type declaration"],
    [`${"<a>".repeat(100)}${"</a>".repeat(100)}`, `nested deeper than ${routingLimits.maxBodyDepth} levels`],
    [`<a>${"<b/>".repeat(routingLimits.maxXmlNodes)}</a>`, `more than ${routingLimits.maxXmlNodes} nodes`],
    [`<a>${"x".repeat(routingLimits.maxBodyBytes)}</a>`, "larger than"],
  ])("%.30s", (body, reason) => {
    expect(judge("/*", body)).toEqual({ reason: expect.stringContaining(reason) });
  });

  test.each([
    ["count(//*/..//*/..//*/..//*/..//*) > 0", `<a>${"<b><c/></b>".repeat(300)}</a>`],
    ["//*[count(preceding::*) > count(following::*)]", `<a>${"<b><c/></b>".repeat(3_000)}</a>`],
  ])("an expression that runs away is stopped: %s", (expression, body) => {
    expect(judge(expression, body)).toEqual({ reason: expect.stringContaining("visited more than") });
  });
});

test("expressions that are each within their bound are stopped when together they visit too much", () => {
  const { judge } = compileXPath("string-length(/a) > 5", {}, () => 0);
  const view = viewOf({ body: `<a>${"x".repeat(1_000_000)}</a>` });
  const verdicts = Array.from({ length: 300 }, () => judge(view));
  expect(verdicts.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => true));
  expect(verdicts.at(-1)).toEqual({ reason: expect.stringContaining("came after others that had visited") });
});

describe("an expression that is not sound", () => {
  test.each([
    ["/a[", "is no XPath 1.0 expression"],
    ["", "Too small"],
    ["/u:a", "the prefix 'u', which neither the filter nor the table declares"],
    ["$v = 1", "uses the variable $v"],
    ["matches(/a, 'x')", "calls matches(), which does not exist"],
    ["sm:nothing()", "calls sm:nothing(), which does not exist"],
    ["sm:header(1)", "gives sm:header() 1 arguments; it takes 0"],
    ["count(1)", "can never be evaluated"],
    ["/a/namespace::*", "the axis namespace::"],
  ])("is refused when the table is stored: %s", (expression, fault) => {
    const [first = ""] = faultsOf({ filters: { bad: { type: "XPath", expression } } });
    expect(first).toContain("filters.bad.expression: ");
    expect(first).toContain(fault);
  });
});

describe("a table that routes on headers only", () => {
  const stored = (expression: string) =>
    faultsOf({ routeOnHeadersOnly: true, namespaces, filters: { it: { type: "XPath", expression } } });

  test.each([
    "sm:header()/custom:CalcVer = '2'",
    "/s12:Envelope/s12:Header/custom:RoundingCalculator = 'rounding'",
    "/s11:Envelope/s11:Header//custom:A[@b = 'x'] | /s12:Envelope/s12:Header/custom:A[string() = 'x']",
    "sm:action() = 'urn:go' and sm:is-mandatory(sm:header()/custom:A)",
  ])("takes what looks at the SOAP header: %s", (expression) => {
    expect(stored(expression)).toEqual([]);
  });

  test.each([
    "//custom:A",
    "sm:body()/custom:A",
    "sm:header()/../s11:Body",
    "sm:header()/following::*",
    "/s11:Envelope/s11:Body",
    "/s11:Envelope[s11:Body = 'x']/s11:Header",
    "sm:header()/custom:A[/s11:Envelope/s11:Body]",
    "string() = 'x'",
  ])("refuses what looks further: %s", (expression) => {
    expect(stored(expression)).toEqual([
      expect.stringContaining("filters.it: looks at the body, but the table routes on headers only"),
    ]);
  });
});

test("namespaces of a filter go before those of the table", () => {
  const filter = { type: "XPath", expression: "/p:a", namespaces: { p: "urn:two" } };
  expect(isMatch(filter, { body: '<a xmlns="urn:two"/>' }, { namespaces: { p: "urn:one" } })).toBe(true);
});
