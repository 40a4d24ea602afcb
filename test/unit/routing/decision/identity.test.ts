import { describe, expect, test } from "vitest";
import { branchIdOf, logicalIdOf, turnOf } from "../../../../shared/routing/decision/identity.ts";
import type { Pass } from "../../../../shared/routing/routed-message.ts";
import { routedWith } from "./routed-with.ts";

const named = { table: undefined, inbound: "events", suppliedId: "id" };
const idOf = (pass: Partial<Pass> = {}, body = "body", contentType = "text/plain") =>
  logicalIdOf(named, routedWith(pass, body, contentType));

test("is a key of a row: 32 hexadecimal digits", () => {
  expect(idOf()).toMatch(/^[0-9a-f]{32}$/);
});

describe("two sendings of one message have one id:", () => {
  test("though what accompanies a request differs", () => {
    const first = { traceparent: "1", "user-agent": "a", date: "x", "X-Request-Id": "1" };
    expect(idOf({ headers: { ...first, a: "1" } })).toBe(idOf({ headers: { A: "1", traceparent: "2" } }));
  });

  test("in whatever order their headers are, and wherever they were sent to", () => {
    expect(idOf({ headers: { a: "1", b: "2" }, address: "http://one" })).toBe(
      idOf({ headers: { b: "2", a: "1" }, address: "http://two" }),
    );
  });
});

describe("different messages under one id of their sender are told apart by", () => {
  test.each<[string, string]>([
    ["their bodies", idOf({}, "other")],
    ["their content types", idOf({}, "body", "text/html")],
    ["a header", idOf({ headers: { "x-tenant": "blue" } })],
    ["what looks like one header but is another", idOf({ headers: { "x-tenant": 1 } })],
    ["their ordering keys", idOf({ orderingKey: "k" })],
    [
      "their inbound endpoints",
      logicalIdOf({ ...named, inbound: "others" }, routedWith({}, "body", "text/plain")),
    ],
    [
      "the tables that they name",
      logicalIdOf({ ...named, table: "t" }, routedWith({}, "body", "text/plain")),
    ],
  ])("%s", (_what, other) => {
    expect(other).not.toBe(idOf());
  });

  test("the type of a header's value", () => {
    expect(idOf({ headers: { n: 1 } })).not.toBe(idOf({ headers: { n: "1" } }));
  });
});

test("a branch is the same at every replay, and another for each endpoint", () => {
  expect(branchIdOf("m", "a")).toBe(branchIdOf("m", "a"));
  expect(new Set([branchIdOf("m", "a"), branchIdOf("m", "b"), branchIdOf("n", "a")]).size).toBe(3);
});

test("an ordering key has one turn at every choice, and keys share the turns evenly", () => {
  const counts = [0, 0, 0, 0];
  for (let n = 0; n < 1_000; n += 1) counts[turnOf(`key-${n}`) % 4]! += 1;
  for (const count of counts) expect(count).toBeGreaterThan(200);
  expect(turnOf("k")).toBe(turnOf("k"));
});
