import type { TypedData } from "../core/typed-data.ts";

/**
 * Adds the top-level properties of a JSON body to the trigger metadata, as the real host does: names match in any case, arrays
 * and nulls are left out, scalars become text. So a body can hide the message's own `MessageId` or `SessionId`; a function that
 * takes its body as bytes is not exposed to that.
 */
export function addBodyProperties(metadata: Map<string, TypedData>, text: string): void {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}")) return;
  const body = parseObject(trimmed);
  if (body === undefined) return;
  for (const [name, value] of Object.entries(body)) {
    const data = toBindingData(value);
    if (data !== undefined) metadata.set(existingName(metadata, name), data);
  }
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    // Most bodies are no JSON; that is no error.
    return undefined;
  }
}

function toBindingData(value: unknown): TypedData | undefined {
  switch (typeof value) {
    case "string":
      return { string: dateText(value) ?? value };
    case "number":
      return { string: String(value) };
    case "boolean":
      // .NET writes booleans with a capital letter, and its text is what reaches the worker.
      return { string: value ? "True" : "False" };
    case "object":
      return value === null || Array.isArray(value) ? undefined : { json: JSON.stringify(value) };
    default:
      return undefined;
  }
}

const isoDate = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?$/;

// The real host's JSON reader takes texts that look like dates for dates, and writes them back the invariant way.
function dateText(text: string): string | undefined {
  const match = isoDate.exec(text);
  if (match === null) return undefined;
  const date = new Date(match[1] === undefined ? `${text}Z` : text);
  if (Number.isNaN(date.getTime())) return undefined;
  const [year = "", month = "", day = ""] = date.toISOString().slice(0, 10).split("-");
  return `${month}/${day}/${year} ${date.toISOString().slice(11, 19)}`;
}

// The real host's table ignores case and keeps the spelling that came first.
function existingName(metadata: ReadonlyMap<string, TypedData>, name: string): string {
  const lower = name.toLowerCase();
  for (const existing of metadata.keys()) {
    if (existing.toLowerCase() === lower) return existing;
  }
  return name;
}
