import { describe, expect, it } from "vitest";

import { messageOf, truthOf } from "./message.ts";

const noon = new Date("2026-01-01T12:00:00Z");
const message = messageOf(
  {
    int: 5n,
    big: 9_007_199_254_740_993n,
    float: 5.5,
    text: "Blue",
    number: "5",
    yes: true,
    when: noon,
    later: new Date(noon.getTime() + 1),
    id: { uuid: "0f8fad5b-d9cb-469f-a165-70867728950e" },
    bytes: Uint8Array.of(1),
    empty: null,
    "with space": 1n,
    "a]b": 2n,
    'q"q': 3n,
    Übergröße: 4n,
    p: 6n,
    android: 7n,
  },
  { Label: "red", MessageId: "m1", DeliveryCount: 3n, EnqueuedTimeUtc: noon },
);

describe("comparison", () => {
  it.each([
    ["int = 5", "true"],
    ["INT = 5", "true"],
    ["int = 5.0", "true"],
    ["int <> 5", "false"],
    ["int != 6", "true"],
    ["int < 5.5", "true"],
    ["int >= 5", "true"],
    ["float > int", "true"],
    ["float <= 5.5", "true"],
    ["float = 55e-1", "true"],
    ["float = 0.55E1", "true"],
    ["float = .55E+1", "true"],
    ["int = 0x05", "true"],
    ["int = -0xFF", "false"],
    ["big = 9007199254740993", "true"],
    ["big = 9007199254740992", "false"],
    ["big > 9007199254740992", "true"],
    ["int = 9223372036854775807", "false"],
    ["-9223372036854775808 < int", "true"],
    ["text = 'Blue'", "true"],
    ["text = N'Blue'", "true"],
    ["text = 'blue'", "false"],
    ["text < 'Green'", "true"],
    ["text = ''", "false"],
    ["'it''s' = 'it''s'", "true"],
    ["yes = TRUE", "true"],
    ["yes <> false", "true"],
    ["yes > FALSE", "unknown"],
    ["when < later", "true"],
    ["when = sys.EnqueuedTimeUtc", "true"],
    ["id = id", "true"],
    ["id <> newid()", "true"],
    ["newid() = newid()", "false"],
    ["id < id", "unknown"],
  ])("%s is %s", (expression, expected) => {
    expect(truthOf(expression, message)).toBe(expected);
  });

  it.each([
    "number = 5",
    "text = TRUE",
    "int = yes",
    "when = '2026-01-01T12:00:00Z'",
    "id = '0f8fad5b-d9cb-469f-a165-70867728950e'",
    "bytes = bytes",
    "int = NULL",
    "empty = NULL",
    "NULL = NULL",
    "missing <> 1",
    "missing = missing",
  ])("%s is unknown: unlike or missing values cannot be compared", (expression) => {
    expect(truthOf(expression, message)).toBe("unknown");
  });
});

describe("arithmetic", () => {
  it.each([
    ["7 / 2 = 3", "true"],
    ["-7 / 2 = -3", "true"],
    ["7 / 2.0 = 3.5", "true"],
    ["7 % 4 = 3", "true"],
    ["-7 % 4 = -3", "true"],
    ["7.5 % 2 = 1.5", "true"],
    ["int * float = 27.5", "true"],
    ["+int = 5", "true"],
    ["--int = 5", "true"],
    ["big + 1 = 9007199254740994", "true"],
    ["'a' + 'b' = 'ab'", "true"],
    ["1.0 / 0 > 1", "true"],
  ])("%s is %s", (expression, expected) => {
    expect(truthOf(expression, message)).toBe(expected);
  });

  it.each(["missing + 1 = 1", "-missing = 1", "empty * 2 = 0", "int + NULL = 5"])(
    "%s is unknown: so is one of the operands",
    (expression) => {
      expect(truthOf(expression, message)).toBe("unknown");
    },
  );

  it.each([
    "int / 0 = 1",
    "int % 0 = 1",
    "9223372036854775807 + 1 = 0",
    "-(-9223372036854775808) = 0",
    "text - 'a' = 1",
    "text + 1 = 'Blue1'",
    "-text = 1",
    "int / 0 = 1 OR int = 5",
  ])("%s cannot be evaluated for this message", (expression) => {
    expect(truthOf(expression, message)).toBe("error");
  });

  it("is not tried where the rest of the condition has decided already", () => {
    expect(truthOf("EXISTS(missing) AND int / 0 = 1", message)).toBe("false");
    expect(truthOf("int = 5 OR int / 0 = 1", message)).toBe("true");
  });
});

describe("names", () => {
  it.each([
    ["user.int = 5", "true"],
    ["USER.int = 5", "true"],
    ["sys.Label = 'red'", "true"],
    ["SYS.label = 'red'", "true"],
    ["sys.Subject = 'red'", "true"],
    ["sys.[MessageId] = 'm1'", "true"],
    ["sys.DeliveryCount = 3", "true"],
    ["[with space] = 1", "true"],
    ["[a]]b] = 2", "true"],
    ['"q""q" = 3', "true"],
    ['user."with space" = 1', "true"],
    ["Übergröße = 4", "true"],
    ["p = 6", "true"],
    ["android = 7", "true"],
    ["property('int') = 5", "true"],
    ["p('int') = 5", "true"],
    ["p('in' + 't') = 5", "true"],
    ["PROPERTY('sys.Label') = 'red'", "true"],
    ["p('user.int') = 5", "true"],
    ["p(missing) = 5", "unknown"],
    ["p(int) = 5", "error"],
    ["sys.Nonsense = 1", "error"],
    ["sys.Nonsense IS NULL", "error"],
    ["EXISTS(sys.Nonsense)", "error"],
    ["p('sys.Nonsense') = 1", "error"],
  ])("%s is %s", (expression, expected) => {
    expect(truthOf(expression, message)).toBe(expected);
  });

  it("takes parameters with and without @, in any case", () => {
    const parameters = new Map<string, bigint | string>([
      ["@Wanted", 5n],
      ["other", "Blue"],
    ]);
    expect(truthOf("int = @wanted AND text = @OTHER", message, parameters)).toBe("true");
  });
});
