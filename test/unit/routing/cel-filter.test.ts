import { describe, expect, test } from "vitest";
import { compileCel } from "../../../shared/routing/cel-filter.ts";
import { faultsOf, viewOf } from "./table-with.ts";

const message = {
  headers: { "X-Tenant": "blue", retries: 3 },
  address: "https://host/api/router/events",
  json: { type: "order", amount: 11, note: null, items: [{ price: 1.5 }, { price: 20 }], ip: "a" },
};
const judge = (expression: string, json: unknown = message.json) =>
  compileCel(expression).judge(viewOf({ ...message, json }));

describe("an expression", () => {
  test.each([
    ["headers['x-tenant'] == 'blue' && body.amount > 10.0", true],
    ["headers['x-tenant'] == 'blue' && body.amount > 11", false],
    ["body.amount == 11 && inbound == 'events'", true],
    ["body.type == 'order'", true],
    ["has(body.missing) || body.amount in [10.0, 11.0]", true],
    ["body.items.exists(item, item.price > 19.0)", true],
    ["body.items.all(item, item.price > 19.0)", false],
    ["body.note == null", true],
    ["size(body.items) == 2", true],
    ["body.type.matches('^o.*r$')", true],
    ["headers.retries >= 3", true],
    ["address.endsWith('/events') && action == ''", true],
    ["event == {}", true],
    ["has(body.constructor)", false],
    ["type(body.amount) == double", true],
  ])("is CEL: %s", (expression, expected) => {
    expect(judge(expression)).toBe(expected);
  });

  test("that fails does not match, with the reason", () => {
    expect(judge("body.missing == 1")).toEqual({ reason: expect.stringContaining("the expression failed") });
    expect(judge("body.missing == 1 || body.amount > 1.0")).toBe(true);
    expect(judge("body.amount")).toEqual({ reason: "the expression came to neither true nor false" });
  });

  test("on a body that is not JSON does not match, unless it does not look there", () => {
    const view = viewOf({ body: "<a/>", headers: { a: "1" } });
    expect(compileCel("body.a == 1").judge(view)).toEqual({ reason: "the body is not JSON" });
    expect(compileCel("headers.a == '1'").judge(view)).toBe(true);
  });

  test("runs regular expressions that would never end elsewhere", () => {
    expect(judge("body.text.matches('^(a+)+$')", { text: `${"a".repeat(40)}!` })).toBe(false);
  });

  test("walks lists in lists only as far as the cost allows", () => {
    const json = { rows: Array.from({ length: 1_000 }, (_, index) => index) };
    const pairs = "body.rows.exists(a, body.rows.exists(b, a + b == -1.0))";
    expect(judge(pairs, json)).toEqual({ reason: "the message is too long for a macro of the expression" });
    expect(judge("body.rows.exists(a, a == 999)", json)).toBe(true);
  });
});

describe("an expression that is not sound is refused when the table is stored", () => {
  test.each([
    ["body.a ==", "is no CEL expression"],
    ["user == 'x'", "uses 'user'; there are headers, body, action, address, inbound, event"],
    ["nothing(body) && true", "calls nothing(), which does not exist"],
    ["false && body.split(',') == []", "calls split(), which does not exist"],
    ["body.a.all(w, body.a.all(x, body.a.all(y, body.a.all(z, z > w))))", "deeper than 3 levels"],
    [`${"(".repeat(1_500)}1`, "is no CEL expression"],
  ])("%.40s", (expression, fault) => {
    const [first = ""] = faultsOf({ filters: { bad: { type: "Cel", expression } } });
    expect(first).toContain("filters.bad.expression: ");
    expect(first).toContain(fault);
  });

  test("and one on the body, where a table routes on headers only", () => {
    const filters = {
      bad: { type: "Cel", expression: "body.a == 1" },
      good: { type: "Cel", expression: "headers.a == 'x'" },
    };
    expect(faultsOf({ routeOnHeadersOnly: true, filters })).toEqual([
      expect.stringContaining("filters.bad: looks at the body"),
    ]);
  });
});
