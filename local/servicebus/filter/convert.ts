import type { PropertyValue } from "../model.ts";
import { isUuid, maxInt64, minInt64, typeName } from "./values.ts";

type TypeName = ReturnType<typeof typeName>;

/**
 * SET keeps the type that a property has, if the new value can be converted: `SET quantity = '7'` leaves an integer an
 * integer. Returns undefined if it cannot.
 */
export function convertLike(existing: PropertyValue, value: PropertyValue): PropertyValue | undefined {
  return convertTo(typeName(existing), value);
}

const systemTypes = { string: "a string", integer: "an integer", date: "a date" } as const;

/** Converts a value to text, an integer or a date for a system property. */
export function convertForSystem(
  type: "string" | "integer" | "date",
  value: PropertyValue,
): PropertyValue | undefined {
  return convertTo(systemTypes[type], value);
}

function convertTo(type: TypeName, value: PropertyValue): PropertyValue | undefined {
  if (value === null || typeName(value) === type) return value;
  switch (type) {
    case "a string":
      return toText(value);
    case "an integer":
      return toInteger(value);
    case "a floating-point number":
      return toFloat(value);
    case "a boolean":
      return typeof value === "string" ? { true: true, false: false }[value.toLowerCase()] : undefined;
    case "a date":
      return typeof value === "string" ? toDate(value) : undefined;
    default:
      return undefined;
  }
}

function toText(value: PropertyValue): string | undefined {
  if (value instanceof Date) return value.toISOString();
  if (isUuid(value)) return value.uuid;
  return value instanceof Uint8Array ? undefined : String(value);
}

function toInteger(value: PropertyValue): bigint | undefined {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number" && Number.isFinite(value)) return inRange(BigInt(Math.round(value)));
  if (typeof value === "string" && /^[+-]?\d{1,19}$/.test(value))
    return inRange(BigInt(value.replace("+", "")));
  return undefined;
}

function inRange(value: bigint): bigint | undefined {
  return value >= minInt64 && value <= maxInt64 ? value : undefined;
}

function toFloat(value: PropertyValue): number | undefined {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value))) return Number(value);
  return undefined;
}

function toDate(text: string): Date | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
