import { describe, expect, test } from "vitest";
import { httpBindingData } from "../../../local/functions/http/binding-data.ts";
import { setCookie } from "../../../local/functions/http/cookies.ts";

describe("the trigger metadata of a request", () => {
  const headers = { "x-own": "1", "set-cookie": ["a", "b"] };

  test("holds the headers and the query as a whole, and route values and parameters one by one", () => {
    const { metadata, hidesHeaders } = httpBindingData({
      headers,
      search: "?a=1&a=2&code=key&B=x",
      route: { id: "7" },
    });
    expect(hidesHeaders).toBe(false);
    expect(metadata).toEqual({
      a: { string: "1,2" },
      B: { string: "x" },
      id: { string: "7" },
      Query: { json: JSON.stringify({ a: "1,2", code: "key", B: "x" }) },
      Headers: { json: JSON.stringify({ "x-own": "1", "set-cookie": "a,b" }) },
    });
  });

  test("lets the query win over the body and the route over both, in any case", () => {
    const body = JSON.stringify({ ID: "body", a: "body", n: 1, list: [1], nothing: null, o: { x: 1 } });
    const { metadata } = httpBindingData({ headers, search: "?A=query", route: { id: "route" }, body });
    expect(metadata).toMatchObject({
      ID: { string: "route" },
      a: { string: "query" },
      n: { int: 1 },
      o: { json: '{"x":1}' },
    });
    expect(Object.keys(metadata)).not.toContain("list");
  });

  test.each([
    ["the query", { search: "?headers=1", route: {} }],
    ["a body", { search: "", route: {}, body: '{"Headers":{"x":"fake"}}' }],
    ["the route", { search: "", route: { headers: "x" } }],
  ])("loses the headers to a member of %s with that name", (_, source) => {
    expect(httpBindingData({ headers, ...source }).hidesHeaders).toBe(true);
  });

  test.each(["[1]", "{broken}", "text", ""])("takes nothing from the body '%s'", (body) => {
    const { metadata } = httpBindingData({ headers, search: "", route: {}, body });
    expect(Object.keys(metadata)).toEqual(["Query", "Headers"]);
  });
});

describe("a cookie in buffered mode", () => {
  test("has its attributes in lower case and belongs to the whole site unless told otherwise", () => {
    expect(setCookie({ name: "a", value: "1 2" })).toBe("a=1%202; path=/");
    expect(
      setCookie({
        name: "a",
        value: "1",
        domain: { value: "example.org" },
        path: { value: "/here" },
        expires: { value: { seconds: 0 } },
        maxAge: { value: 0 },
        secure: { value: true },
        httpOnly: { value: false },
        sameSite: "explicitNone",
      }),
    ).toBe(
      "a=1; expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=0; domain=example.org; path=/here; secure; samesite=none",
    );
  });
});
