import { SettingsError } from "./settings-error.ts";

/** Replaces every `%name%` in a text by that setting. Errors read as the real host's do, because people search for them. */
export function resolveNames(text: string, get: (name: string) => string | undefined): string {
  let resolved = "";
  let rest = 0;
  for (;;) {
    const start = text.indexOf("%", rest);
    if (start < 0) return resolved + text.slice(rest);
    const end = text.indexOf("%", start + 1);
    if (end < 0) throw new SettingsError(`The '%' at position ${start} does not have a closing '%'`);
    const name = text.slice(start + 1, end);
    const value = get(name);
    if (value === undefined) throw new SettingsError(`'%${name}%' does not resolve to a value.`);
    resolved += text.slice(rest, start) + value;
    rest = end + 1;
  }
}
