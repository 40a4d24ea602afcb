import { describe, expect, test } from "vitest";
import { RouteTable } from "../../../local/functions/http/route-table.ts";
import { hostedHttp } from "./functions.ts";

describe("the routes of an app", () => {
  function found(table: RouteTable, method: string, path: string): string | undefined {
    return table.match(method, path)?.route.hosted.metadata.name;
  }

  test("are tried in the order given, and a literal has no rank above a value", () => {
    const table = new RouteTable(
      [hostedHttp("any", { route: "items/{id}" }), hostedHttp("literal", { route: "items/ping" })],
      "api",
    );
    expect(found(table, "GET", "/api/items/ping")).toBe("any");
    expect(table.match("GET", "/api/items/ping")?.values).toEqual({ id: "ping" });
  });

  test("fall through to the next one when the method does not fit", () => {
    const table = new RouteTable(
      [
        hostedHttp("put", { route: "x", methods: ["put"] }),
        hostedHttp("rest", { route: "x", methods: ["GET"] }),
      ],
      "api",
    );
    expect(found(table, "PUT", "/api/x")).toBe("put");
    expect(found(table, "GET", "/api/x")).toBe("rest");
    expect(found(table, "HEAD", "/api/x")).toBeUndefined();
  });

  test("take every method when none is named", () => {
    const table = new RouteTable([hostedHttp("all", { methods: undefined })], "api");
    expect(found(table, "PATCH", "/api/all")).toBe("all");
  });

  test("default to the function's name, behind the prefix", () => {
    const functions = [hostedHttp("Named")];
    expect(found(new RouteTable(functions, "api"), "GET", "/api/named")).toBe("Named");
    expect(found(new RouteTable(functions, ""), "GET", "/named")).toBe("Named");
    expect(found(new RouteTable(functions, "a/b"), "GET", "/a/b/named")).toBe("Named");
  });

  test.each([
    ["admin", "reserved"],
    ["Administrators/x", "reserved"],
    ["runtime/x", "reserved"],
    ["/x", "two slashes in a row"],
    ["{x:none}", "cannot be used"],
  ])("may not be '%s'", (route, reason) => {
    const table = new RouteTable([hostedHttp("f", { route })], "api");
    expect(table.problems.get("f")).toContain(reason);
    expect(table.routes).toEqual([]);
  });

  test("may begin with a slash where there is no prefix", () => {
    expect(found(new RouteTable([hostedHttp("f", { route: "/x" })], ""), "GET", "/x")).toBe("f");
  });

  test("belong to the first of two functions with the same text and a method in common", () => {
    const table = new RouteTable(
      [
        hostedHttp("a", { route: "x/{id}", methods: ["GET"] }),
        hostedHttp("b", { route: "X/{ID}", methods: ["GET", "PUT"] }),
        hostedHttp("c", { route: "x/{id}", methods: ["PUT"] }),
      ],
      "api",
    );
    expect([...table.problems]).toEqual([
      ["b", "the route 'api/X/{ID}' conflicts with the route of function 'a'"],
    ]);
    expect(found(table, "PUT", "/api/x/1")).toBe("c");
  });
});
