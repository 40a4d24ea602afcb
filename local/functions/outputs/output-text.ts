import type { TypedData } from "../core/typed-data.ts";

/** An output that cannot become messages. The function that left it fails, as in Azure. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

/**
 * The texts of the messages that an output makes, as the real host makes them: a JSON array, also one in a text, is a message
 * for each member; objects are written with indents; anything else is one message.
 */
export function textsOf(data: TypedData): string[] {
  const value = valueOf(data);
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(toText);
}

function valueOf(data: TypedData): unknown {
  if (data.string !== undefined) return looksLikeJson(data.string) ? parse(data.string) : data.string;
  if (data.json !== undefined) return parse(data.json);
  if (data.int !== undefined) return data.int;
  if (data.double !== undefined) return data.double;
  if (data.bytes !== undefined) {
    throw new OutputError(
      "Bytes cannot be sent by a Service Bus output: what the platform makes of them is not established. Return a text or an object.",
    );
  }
  const [kind] = Object.keys(data);
  if (kind !== undefined) throw new OutputError(`A Service Bus output cannot send '${kind}'.`);
  return undefined;
}

function looksLikeJson(text: string): boolean {
  const trimmed = text.trim();
  return (
    (trimmed.startsWith("{") && trimmed.endsWith("}")) || (trimmed.startsWith("[") && trimmed.endsWith("]"))
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OutputError(
      "The output looks like JSON and is not: a text in brackets is always read as JSON.",
      {
        cause: error,
      },
    );
  }
}

function toText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value;
    case "boolean":
      return value ? "True" : "False";
    case "number":
      return String(value);
    default:
      return value === null || value === undefined ? "" : JSON.stringify(value, undefined, 2);
  }
}
