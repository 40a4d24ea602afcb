import type { PropertyValue } from "../model.ts";

/** A decoded AMQP value. Integers of every width are bigint, symbols are strings, map keys are shown as text. */
export type Value = PropertyValue | Value[] | ReadonlyMap<string, Value> | Described;

export interface Described {
  readonly descriptor: Value;
  readonly value: Value;
}

export function isDescribed(value: Value | undefined): value is Described {
  return typeof value === "object" && value !== null && "descriptor" in value;
}

export function isMap(value: Value | undefined): value is ReadonlyMap<string, Value> {
  return value instanceof Map;
}

/** The value without its descriptors: clients differ in whether they describe a filter or a property. */
export function bare(value: Value | undefined): Value | undefined {
  let current = value;
  while (isDescribed(current)) current = current.value;
  return current;
}

/** Whether a value can be a property: it is neither compound nor described. */
export function isProperty(value: Value): value is PropertyValue {
  return !Array.isArray(value) && !isMap(value) && !isDescribed(value);
}

/** A value in a sentence. */
export function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  return value === undefined || value === null ? "(none)" : "(a compound value)";
}
