type Part = { one: string } | "any" | "many";

/** Compiles a pattern of LIKE: `%` stands for any characters, `_` for one, and a backslash takes that away. */
export function compileLike(pattern: string): { test: (text: string) => boolean; prefix: string } {
  const parts = toParts(pattern);
  const firstWild = parts.findIndex((part) => typeof part === "string");
  const literal = parts.slice(0, firstWild === -1 ? parts.length : firstWild);
  const prefix = literal.map((part) => (typeof part === "string" ? "" : part.one)).join("");
  return { prefix, test: (text) => text.startsWith(prefix) && fits(parts, Array.from(text)) };
}

function toParts(pattern: string): Part[] {
  const parts: Part[] = [];
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    const next = characters[at + 1];
    if (character === "\\" && (next === "%" || next === "_")) {
      parts.push({ one: next });
      at += 1;
    } else if (character === "%") {
      if (parts.at(-1) !== "many") parts.push("many");
    } else {
      parts.push(character === "_" ? "any" : { one: character });
    }
  }
  return parts;
}

/** Goes back to the last `%` only: what lies before it has the shortest fit already. */
function fits(parts: readonly Part[], text: readonly string[]): boolean {
  let [part, at, many, from] = [0, 0, -1, 0];
  while (at < text.length) {
    const wanted = parts[part];
    if (wanted === "many") {
      many = part;
      from = at;
      part += 1;
    } else if (wanted !== undefined && (wanted === "any" || wanted.one === text[at])) {
      part += 1;
      at += 1;
    } else if (many === -1) {
      return false;
    } else {
      from += 1;
      at = from;
      part = many + 1;
    }
  }
  while (parts[part] === "many") part += 1;
  return part === parts.length;
}
