import { describe, expect, test } from "vitest";
import { parseValue } from "../../../shared/kernel/parse.ts";
import {
  keySchema,
  recycleBodySchema,
  requestLimits,
  roleAddressSchema,
  schemaForQueueMessage,
} from "../../../shared/operation/message.ts";

const parseBody = (body: unknown) => parseValue(recycleBodySchema, body, "body");
const parseMessage = (value: unknown) => parseValue(schemaForQueueMessage(value), value, "message");

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

describe("the body of a request", () => {
  test("may be empty: everybody, all at once", () => {
    expect(parseBody({})).toEqual({
      tag: "",
      maxErrors: 0,
      deliveryTimeout: 60_000,
      executionTimeout: 300_000,
      dryRun: false,
    });
  });

  test.each([
    [30, 30_000],
    [1.5, 1_500],
    ["PT30S", 30_000],
    ["PT1M30S", 90_000],
    ["PT0.5H", undefined],
    ["PT1.25S", 1_250],
    ["PT2H", 7_200_000],
    ["P1D", 86_400_000],
    [86_400, 86_400_000],
  ])("takes a time-out as seconds or as an ISO 8601 duration: %o is %o ms", (value, ms) => {
    const parsed = recycleBodySchema.safeParse({ deliveryTimeout: value });
    expect(parsed.data?.deliveryTimeout).toBe(ms);
  });

  test.each([0, 0.9, -1, 86_401, "P2D", "P99999999999999999999Y"])("refuses a time-out of %o", (value) => {
    expect(() => parseBody({ executionTimeout: value })).toThrow(
      "executionTimeout: must be between 1 s and 24 h",
    );
  });

  test.each(["30", "1 minute", "", null, true])("refuses %o as a time-out", (value) => {
    expect(() => parseBody({ deliveryTimeout: value })).toThrow(
      "deliveryTimeout: must be a number of seconds, or an ISO 8601 duration such as PT30S",
    );
  });

  test.each([1, 7, "1%", "25%", "100%"])("takes %o as maxUnavailable", (maxUnavailable) => {
    expect(parseBody({ maxUnavailable }).maxUnavailable).toBe(maxUnavailable);
  });

  test.each([0, -1, 1.5, "0%", "101%", "1.5%", "1", "", "-1%", "01%"])(
    "refuses %o as maxUnavailable",
    (value) => {
      expect(() => parseBody({ maxUnavailable: value })).toThrow(
        "maxUnavailable: must be a whole number from 1",
      );
    },
  );

  test.each([
    ["a field that it does not know", { maxUnavailible: 1 }, "maxUnavailible"],
    ["a negative number of errors", { maxErrors: -1 }, "maxErrors"],
    ["a name that cannot be one", { instances: ["web 0"] }, "instances.0: must be 1 to 40 letters"],
    ["an empty list of instances", { instances: [] }, "instances"],
    ["an empty list of roles", { roles: [] }, "roles"],
    ["too many roles", { roles: Array.from({ length: requestLimits.maxRoles + 1 }, () => "web") }, "roles"],
    ["an empty sender", { from: "" }, "from"],
    ["a long sender", { from: "x".repeat(requestLimits.maxFromLength + 1) }, "from"],
    ["a long tag", { tag: "x".repeat(requestLimits.maxTagLength + 1) }, "tag"],
    [
      "long data",
      { data: "x".repeat(requestLimits.maxDataLength) },
      "data: must not be longer than 16384 characters",
    ],
    ["deep data", { data: nested(17) }, "data: must not be nested deeper than 16 levels"],
    ["a dry run that is not a yes or no", { dryRun: "yes" }, "dryRun"],
  ])("refuses %s", (_what, body, told) => {
    expect(() => parseBody(body)).toThrow(told);
  });

  test("carries any JSON as data", () => {
    for (const data of [null, false, 0, "", [], {}, nested(16), { a: [{ b: null }] }])
      expect(parseBody({ data }).data).toEqual(data);
  });
});

describe("a message on recycle-requests", () => {
  test("is a request unless it says that it is a tick", () => {
    expect(parseMessage({ role: "web" })).toMatchObject({ type: "recycle", role: "web", tag: "" });
    expect(parseMessage({ type: "recycle", role: "*", key: "k" })).toMatchObject({ role: "*", key: "k" });
  });

  test("is a tick with everything that a tick has", () => {
    const tick = { type: "tick", operation: "0123456789abcdef".repeat(2), step: 0, id: "i", afterMs: 0 };
    expect(parseMessage(tick)).toEqual(tick);
    expect(() => parseMessage({ ...tick, step: -1 })).toThrow("step");
    expect(() => parseMessage({ ...tick, afterMs: -1 })).toThrow("afterMs");
    expect(() => parseMessage({ ...tick, role: "web" })).toThrow("role");
    for (const operation of ["", "a/b", "open", "0".repeat(33)])
      expect(() => parseMessage({ ...tick, operation })).toThrow("operation: must be the id of an operation");
  });

  test.each([
    ["no object", "web", "(whole)"],
    ["nothing", null, "(whole)"],
    ["a list", [], "(whole)"],
    ["no role", {}, 'role: must be a role\'s name, or "*" for every role'],
    ["a type that nobody knows", { type: "restart", role: "web" }, "type"],
    ["an empty key", { role: "web", key: "" }, "key"],
    ["a long key", { role: "web", key: "x".repeat(requestLimits.maxKeyLength + 1) }, "key"],
  ])("with %s is refused", (_what, value, told) => {
    expect(() => parseMessage(value)).toThrow(told);
  });
});

test("a role's address is a name or the star, and a key has 1 to 256 characters", () => {
  for (const role of ["web", "*", "a.b_c-d"]) expect(roleAddressSchema.safeParse(role).success).toBe(true);
  for (const role of ["", "**", "web,api", "we b", undefined])
    expect(roleAddressSchema.safeParse(role).success).toBe(false);
  expect(keySchema.safeParse("").success).toBe(false);
  expect(keySchema.safeParse("x".repeat(257)).success).toBe(false);
});
