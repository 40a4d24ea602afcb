import { describe, expect, it } from "vitest";

import { messageOf } from "./message.ts";
import { compileFilter } from "../../../local/servicebus/filter/compile.ts";
import type { CorrelationFilter, PropertyValue } from "../../../local/servicebus/model.ts";

const message = messageOf(
  {
    color: "red",
    count: 5n,
    weight: 2.5,
    yes: true,
    big: 9_007_199_254_740_993n,
    bytes: Uint8Array.of(1, 2),
    empty: null,
  },
  {
    CorrelationId: "c",
    MessageId: { uuid: "0f8fad5b-d9cb-469f-a165-70867728950e" },
    To: "t",
    ReplyTo: "r",
    Label: "l",
    SessionId: "s",
    ReplyToSessionId: "rs",
    ContentType: "text/plain",
  },
);

type Fields = Omit<CorrelationFilter, "kind" | "properties">;

function matches(fields: Fields, properties: Record<string, PropertyValue> = {}): boolean {
  return compileFilter({ kind: "correlation", ...fields, properties: new Map(Object.entries(properties)) })(
    message,
  );
}

describe("a correlation filter", () => {
  it.each<[Fields, boolean]>([
    [{ correlationId: "c" }, true],
    [{ messageId: "0f8fad5b-d9cb-469f-a165-70867728950e" }, true],
    [{ to: "t" }, true],
    [{ replyTo: "r" }, true],
    [{ subject: "l" }, true],
    [{ sessionId: "s" }, true],
    [{ replyToSessionId: "rs" }, true],
    [{ contentType: "text/plain" }, true],
    [{ correlationId: "C" }, false],
    [{ correlationId: "c", subject: "other" }, false],
    [{ correlationId: "c", subject: "l", to: "t" }, true],
  ])("%j matches: %s", (fields, expected) => {
    expect(matches(fields)).toBe(expected);
  });

  it.each<[string, PropertyValue, boolean]>([
    ["color", "red", true],
    ["COLOR", "red", true],
    ["color", "Red", false],
    ["count", 5n, true],
    ["count", 5, true],
    ["count", "5", false],
    ["weight", 2.5, true],
    ["yes", true, true],
    ["yes", "true", false],
    ["big", 9_007_199_254_740_992n, false],
    ["bytes", Uint8Array.of(1, 2), true],
    ["bytes", Uint8Array.of(1, 3), false],
    ["empty", null, true],
    ["missing", null, false],
    ["missing", "red", false],
  ])("property %s against %s matches: %s", (name, value, expected) => {
    expect(matches({}, { [name]: value })).toBe(expected);
  });

  it("needs all conditions to hold, fields and properties", () => {
    expect(matches({ subject: "l" }, { color: "red" })).toBe(true);
    expect(matches({ subject: "l" }, { color: "blue" })).toBe(false);
  });

  it("needs at least one condition", () => {
    expect(() => matches({})).toThrow(
      /at least one condition, on any of: correlationId, .*application properties/,
    );
  });
});

describe("the other filters", () => {
  it("let every message in or none", () => {
    expect(compileFilter({ kind: "true" })(message)).toBe(true);
    expect(compileFilter({ kind: "false" })(message)).toBe(false);
    expect(compileFilter({ kind: "sql", expression: " 1=1 " })(message)).toBe(true);
  });
});
