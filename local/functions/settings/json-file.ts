import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { SettingsError } from "./settings-error.ts";

const byteOrderMark = "\uFEFF";

/** Reads a JSON file as the platform's tools write it: a byte order mark, comments and trailing commas are fine. */
export function readJsonFile(path: string): unknown {
  const text = readText(path);
  if (text === undefined) return undefined;
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true, disallowComments: false });
  const first = errors[0];
  if (first) {
    throw new SettingsError(
      `${basename(path)} is not valid JSON: ${printParseErrorCode(first.error)} at ${position(text, first.offset)} (${path}).`,
    );
  }
  return value;
}

function readText(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new SettingsError(`${basename(path)} cannot be read (${path}).`, { cause: error });
  }
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}
