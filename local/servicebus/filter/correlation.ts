import { BrokerError } from "../broker-error.ts";
import type { CorrelationFilter, FilterableMessage, Matcher, PropertyValue } from "../model.ts";
import { compareValues, isUuid, type SqlValue } from "./values.ts";

/** The fields of a correlation filter that are held against system properties. */
const systemFields = [
  ["correlationId", "CorrelationId"],
  ["messageId", "MessageId"],
  ["to", "To"],
  ["replyTo", "ReplyTo"],
  ["subject", "Label"],
  ["sessionId", "SessionId"],
  ["replyToSessionId", "ReplyToSessionId"],
  ["contentType", "ContentType"],
] as const;

/** A message matches when every field and every property that the filter names is equal, in the same case. */
export function compileCorrelation(filter: CorrelationFilter): Matcher {
  const conditions: Matcher[] = [];
  for (const [field, name] of systemFields) {
    const expected = filter[field];
    if (expected !== undefined) conditions.push((message) => textOf(message.system(name)) === expected);
  }
  for (const [name, expected] of filter.properties) {
    conditions.push((message: FilterableMessage) => isEqual(message.user(name), expected));
  }
  if (conditions.length === 0) {
    const fields = [...systemFields.map(([field]) => field), "application properties"].join(", ");
    const problem = `A correlation filter needs at least one condition, on any of: ${fields}.`;
    throw new BrokerError("com.microsoft:argument-error", problem);
  }
  return (message) => conditions.every((matches) => matches(message));
}

/** Ids may be numbers or uuids on the wire; a filter writes them as text. */
function textOf(value: PropertyValue): string | null {
  if (value === null) return null;
  return isUuid(value) ? value.uuid : String(value);
}

function isEqual(value: SqlValue, expected: PropertyValue): boolean {
  if (value instanceof Uint8Array && expected instanceof Uint8Array)
    return Buffer.compare(value, expected) === 0;
  if (expected === null) return value === null;
  return compareValues("=", value, expected) === true;
}
