import { parse, printParseErrorCode, type ParseError } from "jsonc-parser";

import { ConfigError } from "./config-error.ts";

/** Reads JSON with line and block comments and trailing commas. Throws ConfigError with the place of each mistake. */
export function parseJsonWithComments(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text.replace(/^\u{FEFF}/u, ""), errors, { allowTrailingComma: true });
  if (errors.length > 0) {
    throw new ConfigError(
      errors.map(({ error, offset }) => `${placeOf(text, offset)}: ${printParseErrorCode(error)}`),
    );
  }
  return value;
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}
