import { describe, expect, test } from "vitest";
import { matchRoute, pathSegments } from "../../../local/functions/http/route-match.ts";
import { parseRouteTemplate } from "../../../local/functions/http/route-template.ts";

function match(template: string, path: string): Record<string, string> | undefined {
  return matchRoute(parseRouteTemplate(template), pathSegments(path));
}

describe("a route template", () => {
  test.each([
    // Literals and plain values.
    ["api/items", "/api/items", {}],
    ["api/items", "/API/Items/", {}],
    ["api/items", "/api/items/1", undefined],
    ["api/items", "/api", undefined],
    ["{a}/{b}", "/x/y", { a: "x", b: "y" }],
    ["{a}/{b}", "/x", undefined],
    ["{a}/{b}", "/x//", undefined],
    ["a/{id}", "/a/%41%2F%20", { id: "A%2F " }],
    ["a/{id}", "/a/%E0%A4%A", { id: "%E0%A4%A" }],
    ["a/b", "/x/../a/./b", {}],
    ["", "/", {}],
    // Optional and default values.
    ["a/{id?}", "/a", {}],
    ["a/{id?}", "/a/1", { id: "1" }],
    ["a/{id=7}", "/a", { id: "7" }],
    ["a/{id:int=7}", "/a/8", { id: "8" }],
    ["a/{id:int=7}", "/a/x", undefined],
    ["a/{id:int?}", "/a", {}],
    ["{x=1}/{y=2}", "/", { x: "1", y: "2" }],
    // Catch-all.
    ["a/{*rest}", "/a", {}],
    ["a/{*rest}", "/a/b/c", { rest: "b/c" }],
    ["a/{**rest}", "/a/b%2Fc", { rest: "b%2Fc" }],
    ["a/{*rest=x}", "/a", { rest: "x" }],
    ["{*rest}", "/", {}],
    // Several parts in a segment, matched from the right.
    ["{name}.{ext}", "/a.b.c", { name: "a.b", ext: "c" }],
    ["{name}.{ext?}", "/a", { name: "a" }],
    ["{name}.{ext?}", "/a.b", { name: "a", ext: "b" }],
    ["{name}.{ext}", "/a.", undefined],
    ["{name}.{ext}", "/.b", undefined],
    ["v{major:int}", "/V2", { major: "2" }],
    ["v{major:int}", "/vx", undefined],
    ["{a}-{b}", "/1-2-3", { a: "1-2", b: "3" }],
    ["x{a}y", "/xy", undefined],
    ["x{a}y", "/xay", { a: "a" }],
    // Constraints.
    ["{id:int}", "/2147483648", undefined],
    ["{id:long}", "/2147483648", { id: "2147483648" }],
    ["{id:guid}", "/0f8fad5b-d9cb-469f-a165-70867728950e", { id: "0f8fad5b-d9cb-469f-a165-70867728950e" }],
    ["{id:guid}", "/0f8fad5b", undefined],
    ["{id:bool}", "/TRUE", { id: "TRUE" }],
    ["{id:range(1,5)}", "/6", undefined],
    ["{id:min(3)}", "/3", { id: "3" }],
    ["{id:length(2)}", "/abc", undefined],
    ["{id:length(2,3)}", "/abc", { id: "abc" }],
    ["{id:minlength(2):maxlength(3)}", "/abcd", undefined],
    ["{id:alpha:minlength(2)}", "/ab", { id: "ab" }],
    ["{id:regex(^\\d{{2}}$)}", "/12", { id: "12" }],
    ["{id:regex(^\\d{{2}}$)}", "/123", undefined],
    ["{id:regex(^(a|b)$)}/x", "/b/x", { id: "b" }],
    ["{id:datetime}", "/2020-01-02", { id: "2020-01-02" }],
    ["{id:decimal}", "/-1.5", { id: "-1.5" }],
    ["{id:double}", "/1e5", { id: "1e5" }],
    ["{id:file}", "/a.txt", { id: "a.txt" }],
    ["{id:nonfile}", "/a.txt", undefined],
    // Escaped braces.
    ["a{{b}}", "/a{b}", {}],
  ])("'%s' and %s", (template, path, expected) => {
    expect(match(template, path)).toEqual(expected);
  });

  test.each([
    ["/a", "cannot start with"],
    ["~/a", "cannot start with"],
    ["a//b", "two slashes in a row"],
    ["{a}{b}", "without text between"],
    ["{*a}/b", "must come last"],
    ["x{*a}", "must be alone"],
    ["{*a?}", "cannot be optional"],
    ["{a}/{A}", "more than once"],
    ["{a=1?}", "cannot have a default"],
    ["{a?}.{b}", "must end its segment"],
    ["x{a?}", "may follow only a '.'"],
    ["{a", "not closed"],
    ["a}", "not closed"],
    ["{}", "no usable parameter name"],
    ["{a:nosuch}", "not known"],
    ["{a:range(1)}", "not known"],
    ["{a:range(x,y)}", "needs whole numbers"],
    ["{a:constructor}", "not known"],
    ["{a:regex([)}", "not a regular expression"],
  ])("'%s' is refused: %s", (template, reason) => {
    expect(() => parseRouteTemplate(template)).toThrow(reason);
  });
});
