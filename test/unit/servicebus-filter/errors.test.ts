import { describe, expect, it } from "vitest";

import { BrokerError } from "../../../local/servicebus/broker-error.ts";
import { compileAction, compileFilter } from "../../../local/servicebus/filter/compile.ts";

describe("a filter that is not valid", () => {
  it.each([
    ["", /expected .* but found the end \(position 1\)/],
    ["color =", /expected .*constant.* but found the end \(position 8\)/],
    ["color = 'red", /the string that starts here is not closed \(position 9\)/],
    ["[color = 1", /the name that starts here is not closed or empty \(position 1\)/],
    ["[] = 1", /the name that starts here is not closed or empty \(position 1\)/],
    ["color = 1 AND", /expected .*property.* but found the end/],
    ["color = 1 color = 2", /expected .*AND.* but found "color = 2" \(position 11\)/],
    ["color == 1", /expected .* but found "= 1"/],
    ["a = b = c", /expected .* but found "= c"/],
    ["1", /expected a condition but found a value \(position 1\)/],
    ["'TRUE'", /expected a condition but found a value/],
    ["NOT a + 1", /expected a condition but found a value/],
    ["1 = 1 AND newid()", /expected a condition but found a value \(position 11\)/],
    ["a = 0xZ", /but found "0xZ"/],
    ["(a = 1) = TRUE", /expected a value but found a condition/],
    ["(a = 1) + 1 = 2", /expected a value but found a condition/],
    ["a IN ()", /expected .* but found "\)"/],
    ["a IN (b = 1)", /expected .* but found "= 1\)"/],
    ["a LIKE 'x' ESCAPE 'xy'", /ESCAPE takes a string of one character \(position 19\)/],
    ["1 IS NULL", /IS NULL is for properties only/],
    ["EXISTS(1)", /expected property but found "1\)"/],
    [
      "foo.bar = 1",
      /"foo" is not a scope: allowed are sys and user; a name with a dot is written \[foo.bar\]/,
    ],
    ["select = 1 FROM x", /expected .* but found "FROM x"/],
    ["in = 1", /but found "in = 1" \(position 1\)/],
    ["a = 12abc", /but found "12abc"/],
    ["a = @p", /the parameter @p has no value \(position 5\)/],
    ["a = 9223372036854775808", /does not fit into a 64-bit integer \(position 5\)/],
    ["a = 1 /* why */", /but found "\* why/],
    ["a = 1;", /but found ";"/],
  ])("%j is refused with its position", (expression, problem) => {
    expect(() => compileFilter({ kind: "sql", expression })).toThrow(problem);
  });

  it("is refused as an argument error, which clients do not repeat", () => {
    expect(refusal(() => compileFilter({ kind: "sql", expression: "?" })).condition).toBe(
      "com.microsoft:argument-error",
    );
  });

  it("may have 1024 characters and no more", () => {
    const expression = `a = '${"x".repeat(1018)}'`;
    expect(expression).toHaveLength(1024);
    compileFilter({ kind: "sql", expression });
    expect(() => compileFilter({ kind: "sql", expression: `${expression} ` })).toThrow(
      /it has 1025 characters and may have 1024/,
    );
  });

  it("may nest parentheses 32 deep and no deeper", () => {
    compileFilter({ kind: "sql", expression: `${"(".repeat(32)}1=1${")".repeat(32)}` });
    for (const depth of [33, 500]) {
      const expression = `${"(".repeat(depth)}1=1${")".repeat(depth)}`;
      expect(() => compileFilter({ kind: "sql", expression })).toThrow(/nested deeper than 32 levels/);
    }
  });

  it.each([
    ["conditions", Array.from({ length: 100 }, () => "a = 1").join(" OR ")],
    ["NOTs", `${"NOT ".repeat(250)}a = 1`],
    ["signs", `a = ${"-".repeat(1000)}1`],
    ["terms", `a = ${"1+".repeat(500)}1`],
    ["side by side parentheses", Array.from({ length: 100 }, () => "(a = 1)").join("OR")],
    ["list items", `a IN (${"1,".repeat(500)}1)`],
  ])("may have as many %s as fit", (_, expression) => {
    const started = performance.now();
    const matches = compileFilter({ kind: "sql", expression });
    matches({ system: () => null, user: () => 1n });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("never takes long to refuse nested parentheses", () => {
    const started = performance.now();
    expect(() => compileFilter({ kind: "sql", expression: `${"(".repeat(32)}a =` })).toThrow(BrokerError);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("an action that is not valid", () => {
  it.each([
    ["", /expected REMOVE or SET but found the end/],
    ["SET", /expected property but found the end/],
    ["SET a", /expected "=" but found the end/],
    ["SET a = ", /expected .* but found the end/],
    ["SET a = 1 = 2", /but found "= 2"/],
    ["SET a = b = 1", /but found "= 1"/],
    ["DELETE a", /expected REMOVE or SET but found "DELETE a"/],
    [
      "SET sys.SequenceNumber = 1",
      /sys.SequenceNumber cannot be changed; allowed are ContentType, CorrelationId, Label/,
    ],
    ["REMOVE sys.Nonsense", /sys.Nonsense cannot be changed/],
    ["SET foo.bar = 1", /"foo" is not a scope/],
    ["SET a = @p", /the parameter @p has no value/],
    ["SET a = (b = 1)", /expected a value but found a condition/],
    ["SET a = EXISTS(b)", /expected a value but found a condition/],
  ])("%j is refused", (text, problem) => {
    expect(() => compileAction(text)).toThrow(problem);
  });

  it("may have 32 statements and 1024 characters and no more", () => {
    compileAction("SET a=1;".repeat(32));
    expect(() => compileAction("SET a=1;".repeat(33))).toThrow(/it has 33 statements and may have 32/);
    expect(() => compileAction(`SET a='${"x".repeat(1024)}'`)).toThrow(/and may have 1024/);
  });
});

function refusal(run: () => unknown): BrokerError {
  try {
    run();
  } catch (error) {
    if (error instanceof BrokerError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
