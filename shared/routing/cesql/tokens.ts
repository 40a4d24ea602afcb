import { CesqlFault } from "./cesql-fault.ts";

/** A piece of an expression. `at` is where it begins; a word is an identifier, a keyword or a number. */
export type Token =
  | { kind: "text"; at: number; text: string }
  | { kind: "word"; at: number; text: string }
  | { kind: "sign"; at: number; text: string }
  | { kind: "end"; at: number; text: "" };

const piece =
  /[ \t\r\n]*(?:('(?:\\.|''|[^'\\])*'|"(?:\\.|""|[^"\\])*")|([A-Za-z0-9_]+)|(!=|<>|<=|>=|[=<>+\-*/%(),])|($))/sy;

/** Splits an expression into its pieces. Throws CesqlFault. */
export function toTokens(expression: string): Token[] {
  const tokens: Token[] = [];
  piece.lastIndex = 0;
  for (;;) {
    const from = piece.lastIndex;
    const found = piece.exec(expression);
    if (!found) throw new CesqlFault("parse", `nothing that starts at position ${from + 1} can be read`);
    const [, text, word, sign] = found;
    const at = piece.lastIndex - (text ?? word ?? sign ?? "").length;
    if (text !== undefined) tokens.push({ kind: "text", at, text: unquoted(text) });
    else if (word !== undefined) tokens.push({ kind: "word", at, text: word });
    else if (sign !== undefined) tokens.push({ kind: "sign", at, text: sign });
    else return [...tokens, { kind: "end", at, text: "" }];
  }
}

/** Only the quote itself is escaped; any other backslash stands, which LIKE has its own use for. */
function unquoted(text: string): string {
  const quote = text.charAt(0);
  return text
    .slice(1, -1)
    .replaceAll(`\\${quote}`, quote)
    .replaceAll(quote + quote, quote);
}
