import { describe, expect, test } from "vitest";
import { faultsOf, isMatch } from "./table-with.ts";

const event = {
  specversion: "1.0",
  id: "1",
  source: "/mycontext",
  type: "com.example.order.created",
  level: 3,
  data: { type: "inner" },
};
const matches = (...filters: unknown[]): boolean =>
  isMatch({ type: "CloudEvents", filters }, { json: event });

describe("a dialect of the CloudEvents Subscriptions API", () => {
  test.each([
    [{ exact: { type: "com.example.order.created" } }, true],
    [{ exact: { type: "com.example.order" } }, false],
    [{ exact: { type: "COM.EXAMPLE.ORDER.CREATED" } }, false],
    [{ exact: { type: "com.example.order.created", source: "/mycontext" } }, true],
    [{ exact: { type: "com.example.order.created", source: "/other" } }, false],
    [{ exact: { missing: "x" } }, false],
    [{ exact: { level: "3" } }, true],
    [{ prefix: { type: "com.example." } }, true],
    [{ prefix: { type: "com.other." } }, false],
    [{ suffix: { type: ".created" } }, true],
    [{ suffix: { type: ".deleted" } }, false],
    [{ all: [{ prefix: { type: "com." } }, { suffix: { type: ".created" } }] }, true],
    [{ all: [{ prefix: { type: "com." } }, { exact: { id: "2" } }] }, false],
    [{ any: [{ exact: { id: "2" } }, { exact: { id: "1" } }] }, true],
    [{ any: [{ exact: { id: "2" } }] }, false],
    [{ not: { exact: { id: "2" } } }, true],
    [{ not: { exact: { missing: "x" } } }, true],
    [{ not: { any: [{ exact: { id: "1" } }] } }, false],
  ])("%j", (filter, expected) => {
    expect(matches(filter)).toBe(expected);
  });

  test("several filters must all match", () => {
    expect(matches({ prefix: { type: "com." } }, { exact: { id: "1" } })).toBe(true);
    expect(matches({ prefix: { type: "com." } }, { exact: { id: "2" } })).toBe(false);
  });

  test.each([
    [{}, "must be an object with one dialect"],
    [{ exact: { a: "1" }, prefix: { a: "1" } }, "must be an object with one dialect"],
    [{ exact: {} }, "must name at least one attribute"],
    [{ exact: { type: "" } }, "must be a text of 1 to"],
    [{ exact: { type: 1 } }, "must be a text of 1 to"],
    [{ exact: { Type: "x" } }, "'Type' is no name of an attribute"],
    [{ all: [] }, "must be a list of filters that is not empty"],
    [{ not: [] }, "must be an object with one dialect"],
    [{ sql: "TRUE =" }, "is no expression of CloudEvents SQL"],
  ])("that is not sound is refused with its place: %j", (filter, fault) => {
    const [first = ""] = faultsOf({ filters: { bad: { type: "CloudEvents", filters: [filter] } } });
    expect(first).toContain("filters.bad.filters.0");
    expect(first).toContain(fault);
  });
});

describe("context attributes", () => {
  const filter = { type: "CloudEvents", filters: [{ exact: { type: "a é" } }] };

  test("come from HTTP headers, percent-decoded", () => {
    expect(isMatch(filter, { headers: { "ce-specversion": "1.0", "CE-Type": "a%20%C3%A9" } })).toBe(true);
  });

  test("come from application properties, in both forms", () => {
    expect(
      isMatch(filter, { headers: { "cloudEvents:specversion": "1.0", "cloudEvents:type": "a é" } }),
    ).toBe(true);
    expect(isMatch(filter, { headers: { cloudEvents_specversion: "1.0", cloudEvents_type: "a é" } })).toBe(
      true,
    );
  });

  test("of headers are there when a table routes on headers only, of a body are not", () => {
    const table = { routeOnHeadersOnly: true };
    expect(isMatch(filter, { headers: { "ce-specversion": "1.0", "ce-type": "a é" } }, table)).toBe(true);
  });

  test("are not there when a message is no CloudEvent, so that not even `not` matches", () => {
    const filters = [{ not: { exact: { type: "x" } } }];
    expect(isMatch({ type: "CloudEvents", filters }, { json: { type: "y" } })).toBe(false);
  });
});
