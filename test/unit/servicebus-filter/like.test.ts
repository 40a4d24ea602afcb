import { describe, expect, it } from "vitest";

import { messageOf, truthOf } from "./message.ts";
import { compileLike } from "../../../local/servicebus/filter/like.ts";

describe("LIKE", () => {
  it.each([
    ["", "", true],
    ["a", "", false],
    ["", "%", true],
    ["abc", "abc", true],
    ["abc", "ABC", false],
    ["abc", "a%", true],
    ["abc", "%c", true],
    ["abc", "%b%", true],
    ["abc", "a_c", true],
    ["abc", "_", false],
    ["abc", "___", true],
    ["abc", "____", false],
    ["abc", "%%", true],
    ["abc", "%_", true],
    ["", "_%", false],
    ["aXbXc", "a%b%c", true],
    ["ab", "a%b%b", false],
    ["abb", "a%b%b", true],
    ["aaa", "a%a", true],
    ["a", "a%a", false],
    ["xaab", "%aab%", true],
    ["aabaabaac", "%aabaac", true],
    ["xbyaqz", "%b_a_z", true],
    ["bus stop", "%bus%", true],
    ["a\nb", "a_b", true],
    ["a.c", "a.c", true],
    ["abc", "a.c", false],
    ["a*c(", "a*c(", true],
    ["😀", "__", true],
  ])("%j LIKE %j is %s", (text, pattern, expected) => {
    expect(compileLike(pattern)?.(text)).toBe(expected);
  });

  it.each([
    ["ABC%", String.raw`ABC\%`, "\\", true],
    ["ABCD", String.raw`ABC\%`, "\\", false],
    ["a_b", "a!_b", "!", true],
    ["axb", "a!_b", "!", false],
    ["a!b", "a!!b", "!", true],
    ["50%", "%!%", "!", true],
    ["a%", "a%%", "%", true],
  ])("%j LIKE %j ESCAPE %j is %s", (text, pattern, escape, expected) => {
    expect(compileLike(pattern, escape)?.(text)).toBe(expected);
  });

  it("finds segments that are longer than a machine word", () => {
    const segment = `${"ab".repeat(40)}_c`;
    const matches = compileLike(`%${segment}%x%`);
    expect(matches?.(`zz${"ab".repeat(45)}?c..x`)).toBe(true);
    expect(matches?.(`zz${"ab".repeat(39)}?c..x`)).toBe(false);
  });

  it("agrees with a plain matcher on every short text and pattern", () => {
    const texts = wordsOf("ab", 5);
    for (const pattern of wordsOf("a%_", 5)) {
      const matches = compileLike(pattern);
      const disagreeing = texts.filter((text) => matches?.(text) !== plainLike(text, pattern));
      expect({ pattern, disagreeing }).toEqual({ pattern, disagreeing: [] });
    }
  });

  it("stays fast on patterns that make backtracking matchers explode", () => {
    const started = performance.now();
    const matches = compileLike(`${"%a_".repeat(300)}%b`);
    expect(matches?.("a".repeat(30_000))).toBe(false);
    const long = compileLike(`%${"a".repeat(1000)}b%`);
    expect(long?.("a".repeat(30_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it.each([
    ["text LIKE 'a%'", "true"],
    ["text NOT LIKE 'a%'", "false"],
    ["text LIKE 'b%'", "false"],
    ["text LIKE pattern", "true"],
    ["text LIKE '%' + 'c'", "true"],
    ["missing LIKE 'a%'", "unknown"],
    ["text LIKE missing", "unknown"],
    ["missing NOT LIKE 'a%'", "unknown"],
    ["int LIKE '1'", "unknown"],
    ["text LIKE 1", "unknown"],
    ["text LIKE 'abc' ESCAPE missing", "unknown"],
    ["text LIKE 'abc' ESCAPE text", "error"],
    ["text LIKE 'abc!' ESCAPE '!'", "error"],
    [String.raw`percent LIKE '5\%' ESCAPE '\'`, "true"],
  ])("%s is %s", (expression, expected) => {
    const message = messageOf({ text: "abc", pattern: "_b_", int: 1n, percent: "5%" });
    expect(truthOf(expression, message)).toBe(expected);
  });
});

function wordsOf(alphabet: string, longest: number): string[] {
  const words = [""];
  for (let from = 0, length = 0; length < longest; length++) {
    const to = words.length;
    for (; from < to; from++) for (const letter of alphabet) words.push(`${words[from]}${letter}`);
  }
  return words;
}

/** The meaning of LIKE, written as plainly as can be. */
function plainLike(text: string, pattern: string): boolean {
  if (pattern === "") return text === "";
  const rest = pattern.slice(1);
  if (pattern.startsWith("%"))
    return plainLike(text, rest) || (text !== "" && plainLike(text.slice(1), pattern));
  return text !== "" && (pattern.startsWith("_") || pattern[0] === text[0]) && plainLike(text.slice(1), rest);
}
