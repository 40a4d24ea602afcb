import { BrokerError } from "../broker-error.ts";
import { parseDuration } from "../config/duration.ts";
import type { PropertyValue } from "../model.ts";
import { isUuid } from "../filter/values.ts";
import { attribute, child, children, textOf, type XmlElement } from "./xml.ts";

const schemaNamespace = "http://www.w3.org/2001/XMLSchema";
const serializationNamespace = "http://schemas.microsoft.com/2003/10/Serialization/";
const pairElement = "KeyValueOfstringanyType";
const int32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };

type TypedText = readonly [type: string, text: string];

/**
 * How values were written. Several types are one here, and a time may have a zone or none: clients expect to read what they wrote.
 */
const asWritten = new WeakMap<ReadonlyMap<string, PropertyValue>, ReadonlyMap<string, TypedText>>();

/** Reads `<Parameters>` or `<Properties>`: values by name, each with its type. Undefined when there are none. */
export function readTypedValues(element: XmlElement, name: string): Map<string, PropertyValue> | undefined {
  const pairs = children(child(element, name) ?? {}, pairElement).map(readPair);
  if (pairs.length === 0) return undefined;
  const values = new Map(pairs.map(({ key, value }) => [key, value]));
  asWritten.set(values, new Map(pairs.map(({ key, typed }) => [key, typed])));
  return values;
}

/** Writes values with their types; an empty text when there are none. */
export function writeTypedValues(values: ReadonlyMap<string, PropertyValue> | undefined): XmlElement | "" {
  if (values === undefined || values.size === 0) return "";
  const typed = asWritten.get(values);
  const pairs = [...values].map(([key, value]) => ({ Key: key, Value: writeValue(value, typed?.get(key)) }));
  return { [pairElement]: pairs };
}

function readPair(pair: XmlElement): { key: string; value: PropertyValue; typed: TypedText } {
  const key = textOf(pair, "Key");
  const value = child(pair, "Value");
  if (key === undefined || key === "" || value === undefined) throw invalid("a pair needs a Key and a Value");
  const type = attribute(value, "type")?.replace(/^.*:/, "") ?? "string";
  const text = textOf(pair, "Value") ?? "";
  const read = readValue(type, text);
  if (read === undefined)
    throw invalid(`the value of '${key}' is not of the type ${type}, or the type is not known`);
  return { key, value: read, typed: [type, text] };
}

function readValue(type: string, text: string): PropertyValue | undefined {
  switch (type) {
    case "string":
    case "char":
      return text;
    case "int":
    case "long":
    case "short":
    case "byte":
    case "unsignedInt":
    case "unsignedLong":
    case "unsignedShort":
    case "unsignedByte":
      return /^[+-]?\d{1,20}$/.test(text) ? BigInt(text.replace("+", "")) : undefined;
    case "double":
    case "float":
    case "decimal":
      return text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
    case "boolean":
      return { true: true, false: false, 1: true, 0: false }[text];
    case "dateTime":
      return readDate(text);
    case "duration":
      return readDuration(text);
    case "guid":
      return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)
        ? { uuid: text.toLowerCase() }
        : undefined;
    case "base64Binary":
      return new Uint8Array(Buffer.from(text, "base64"));
    default:
      return undefined;
  }
}

/** A time without a zone is UTC, as .NET and Python mean it. */
function readDate(text: string): Date | undefined {
  const date = new Date(/(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Milliseconds, which is what `sys.TimeToLive` is compared in. */
function readDuration(text: string): bigint | undefined {
  const ms = parseDuration(text);
  return ms === undefined || ms === Infinity ? undefined : BigInt(ms);
}

/** The JavaScript client takes the type from the fifth character on, after a prefix of four and a colon. */
function writeValue(value: PropertyValue, typed?: TypedText): XmlElement {
  if (value === null) return { "@i:nil": "true" };
  const [type, text] = typed ?? typeAndText(value);
  const namespace = type === "guid" ? serializationNamespace : schemaNamespace;
  return { "@i:type": `d6p1:${type}`, "@xmlns:d6p1": namespace, "#text": text };
}

function typeAndText(value: Exclude<PropertyValue, null>): TypedText {
  if (typeof value === "bigint") {
    return [value >= int32.min && value <= int32.max ? "int" : "long", `${value}`];
  }
  if (typeof value === "number") return ["double", `${value}`];
  if (typeof value === "string") return ["string", value];
  if (typeof value === "boolean") return ["boolean", `${value}`];
  if (value instanceof Date) return ["dateTime", value.toISOString()];
  if (isUuid(value)) return ["guid", value.uuid];
  return ["base64Binary", Buffer.from(value).toString("base64")];
}

function invalid(problem: string): BrokerError {
  return new BrokerError("com.microsoft:argument-error", `The rule is not valid: ${problem}.`);
}
