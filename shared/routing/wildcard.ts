import { routingLimits as limits } from "./limits.ts";

/** A test for a text, and how every text that passes it begins and ends. */
export interface Wildcard {
  first: string;
  last: string;
  test: (text: string) => boolean;
}

/** Compiles a text with `*` in it, as Amazon EventBridge writes it: `\*` and `\\` stand for themselves. Gives a fault when it is not sound. */
export function compileWildcard(pattern: string): Wildcard | { fault: string } {
  const parts = splitAtStars(pattern);
  if ("fault" in parts) return parts;
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return { first, last: first, test: (text) => text === first };
  if (rest.length >= limits.maxWildcards)
    return { fault: `must hold at most ${limits.maxWildcards} wildcards` };
  // The first place where a part fits is the best one: it leaves the most for what follows. So this never goes back.
  const test = (text: string): boolean => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  };
  return { first, last, test };
}

function splitAtStars(pattern: string): string[] | { fault: string } {
  const parts = [""];
  let isAfterStar = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? "";
    if (character === "*") {
      if (isAfterStar) return { fault: "must not hold two wildcards in a row" };
      parts.push("");
      isAfterStar = true;
      continue;
    }
    isAfterStar = false;
    const escaped = character === "\\" ? pattern[(at += 1)] : character;
    if (escaped === undefined || (character === "\\" && escaped !== "*" && escaped !== "\\")) {
      return { fault: "may escape '*' and '\\' with a backslash, nothing else" };
    }
    parts[parts.length - 1] += escaped;
  }
  return parts;
}
