import { expect, test } from "vitest";
import { encodeName, sessionIdOf } from "../../../shared/counter/counter-name.ts";

const id = (context: string, counter: string) => sessionIdOf({ context, counter });
const refused = { kind: "invalid-request" };

test("different counters have different session ids, wherever the slashes are", () => {
  const pairs = [
    ["a/b", "c"],
    ["a", "b/c"],
    ["a~2Fb", "c"],
    ["a b", "c"],
    ["a", "b c"],
    ["A", "b/c"],
    ["'", "~"],
    ["~27", "'"],
  ];
  expect(new Set(pairs.map(([context = "", counter = ""]) => id(context, counter))).size).toBe(pairs.length);
  expect(id("shop", "orders-2026.eu")).toBe("shop/orders-2026.eu");
  expect(id("a/b", "c")).toBe("a~2Fb/c");
});

test("an id has nothing in it that a session id or a table key must not have", () => {
  expect(encodeName("counter", "a/b\\c?d#e'f~g%".replace("%", ""))).toMatch(/^[A-Za-z0-9_.!*()~-]+$/);
  expect(encodeName("counter", "Größe 😀")).toMatch(/^[A-Za-z0-9_.!*()~-]+$/);
});

test("names that cannot be are refused", () => {
  for (const name of ["", "a%2Fb", "a\nb", "a\u0000", "\u0085", "\uD83D"])
    expect(() => id(name, "c")).toThrow(expect.objectContaining(refused));
  expect(() => id("a", "")).toThrow(expect.objectContaining(refused));
});

test("together they fill a session id, and not more", () => {
  expect(id("a".repeat(64), "b".repeat(63))).toHaveLength(128);
  expect(() => id("a".repeat(64), "b".repeat(64))).toThrow("these are 128");
  expect(() => id("ä".repeat(30), "b")).toThrow("count as 3 to 12");
});
