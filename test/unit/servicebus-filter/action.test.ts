import { describe, expect, it } from "vitest";

import { messageOf } from "./message.ts";
import { compileAction, FilterError } from "../../../local/servicebus/filter/compile.ts";
import type { PropertyValue } from "../../../local/servicebus/model.ts";

const noon = new Date("2026-01-01T12:00:00Z");
const message = messageOf(
  { quantity: 7n, price: 1.5, color: "red", flag: true, when: noon, bytes: Uint8Array.of(1), empty: null },
  { Label: "old", MessageId: "m1", SequenceNumber: 9n },
);

function user(name: string, value: PropertyValue | undefined) {
  return { scope: "user", name, value };
}

function sys(name: string, value: PropertyValue | undefined) {
  return { scope: "sys", name, value };
}

describe("an action", () => {
  it.each([
    ["SET a = 'b'", [user("a", "b")]],
    ["set user.a = 1;", [user("a", 1n)]],
    ["SET a = 1; SET b = 2;", [user("a", 1n), user("b", 2n)]],
    ["SET a = 1 SET b = a", [user("a", 1n), user("b", 1n)]],
    ["SET a = 1;;REMOVE b", [user("a", 1n), user("b", undefined)]],
    ["REMOVE color", [user("color", undefined)]],
    ["REMOVE color; SET kept = color", [user("color", undefined), user("kept", null)]],
    ["SET [new name] = quantity / 2", [user("new name", 3n)]],
    ["SET quantity = quantity / 2", [user("quantity", 3n)]],
    ["SET sys.Label = 'GREEN'", [sys("Label", "GREEN")]],
    ["SET sys.label = 'GREEN'; SET a = sys.Label", [sys("Label", "GREEN"), user("a", "GREEN")]],
    ["SET sys.Subject = color + '-' + sys.MessageId", [sys("Label", "red-m1")]],
    ["REMOVE sys.Label; SET a = sys.Label", [sys("Label", undefined), user("a", null)]],
    ["SET sys.To = NULL", [sys("To", undefined)]],
    ["SET sys.CorrelationId = 12", [sys("CorrelationId", "12")]],
    ["SET sys.ScheduledEnqueueTimeUtc = '2026-01-01T12:00:00Z'", [sys("ScheduledEnqueueTimeUtc", noon)]],
    ["SET seen = sys.SequenceNumber", [user("seen", 9n)]],
    ["SET a = missing", [user("a", null)]],
    ["SET a = property('color')", [user("a", "red")]],
  ])("%s makes its changes in order", (text, changes) => {
    expect(compileAction(text)(message)).toEqual(changes);
  });

  it.each([
    ["SET quantity = 2.6", 3n],
    ["SET quantity = '12'", 12n],
    ["SET quantity = TRUE", 1n],
    ["SET price = 3", 3],
    ["SET price = '2.5'", 2.5],
    ["SET color = 5", "5"],
    ["SET color = TRUE", "true"],
    ["SET flag = 'False'", false],
    ["SET when = '2026-01-01T12:00:00Z'", noon],
    ["SET quantity = 'many'", "many"],
    ["SET flag = 2", 2n],
    ["SET quantity = NULL", null],
    ["SET empty = 'now text'", "now text"],
  ])("%s keeps the type of the property where the value can be converted", (text, value) => {
    expect(compileAction(text)(message)[0]?.value).toEqual(value);
  });

  it("makes a uuid with newid(), as text where text is due", () => {
    const [own, id] = compileAction("SET own = newid(); SET sys.MessageId = newid()")(message);
    expect(own?.value).toEqual({ uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(id?.value).toEqual(expect.stringMatching(/^[0-9a-f-]{36}$/));
  });

  it("takes parameters", () => {
    const action = compileAction("SET a = @value", new Map([["@value", "given"]]));
    expect(action(message)).toEqual([user("a", "given")]);
  });

  it.each([
    ["SET a = quantity / 0", /division by zero/],
    ["SET a = 9223372036854775807 + quantity", /64-bit/],
    ["SET a = color * 2", /\* cannot be applied to a string and an integer/],
    ["SET a = -color", /- cannot be applied to a string/],
    ["SET a = sys.Nonsense", /there is no system property Nonsense/],
    ["SET a = property(quantity)", /takes the name as a string/],
    ["SET sys.Label = bytes", /sys.Label cannot be set to a byte array/],
    ["SET sys.ScheduledEnqueueTimeUtc = 'soon'", /cannot be set to a string/],
  ])("%s fails for this message", (text, problem) => {
    const action = compileAction(text);
    expect(() => action(message)).toThrow(FilterError);
    expect(() => action(message)).toThrow(problem);
  });
});
