import { compileFilter, FilterError } from "../../../local/servicebus/filter/compile.ts";
import type { FilterableMessage, PropertyValue } from "../../../local/servicebus/model.ts";

type Properties = Record<string, PropertyValue>;

/** A message of the given user and system properties. */
export function messageOf(user: Properties, system: Properties = {}): FilterableMessage {
  const byLowerName = new Map(Object.entries(user).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    system: (name) => system[name] ?? null,
    user: (name) => byLowerName.get(name.toLowerCase()),
  };
}

/** The truth of an expression, read through the filter alone: UNKNOWN is when neither it nor its negation lets a message in. */
export function truthOf(
  expression: string,
  message: FilterableMessage = messageOf({}),
  parameters?: ReadonlyMap<string, PropertyValue>,
): "true" | "false" | "unknown" | "error" {
  const given = parameters === undefined ? {} : { parameters };
  const lets = (text: string) => compileFilter({ kind: "sql", expression: text, ...given })(message);
  try {
    if (lets(expression)) return "true";
    return lets(`NOT (${expression})`) ? "false" : "unknown";
  } catch (error) {
    if (error instanceof FilterError) return "error";
    throw error;
  }
}
