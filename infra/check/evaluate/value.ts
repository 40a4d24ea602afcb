import type { Position } from "../syntax/tree.ts";
import { anyType, type SchemaType } from "../types/schema-type.ts";
import type { Deployed } from "./deployed.ts";

/** A property of an object that was written or put together. */
export interface Entry {
  readonly at: Position;
  readonly value: Value;
  /** Whether it is there in any case. */
  readonly sure: boolean;
}

/** What can be said of an expression before anything is deployed. */
export type Value =
  /** Not `exact`: parts of the text are only known when it is deployed, and stand in it as ‹…›. */
  | { readonly kind: "text"; readonly text: string; readonly exact: boolean }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "null" }
  /** `open`: there may be more in it than is known. */
  | {
      readonly kind: "object";
      readonly at: Position;
      readonly entries: ReadonlyMap<string, Entry>;
      readonly open: boolean;
    }
  | { readonly kind: "list"; readonly items: readonly Value[]; readonly open: boolean }
  | { readonly kind: "either"; readonly options: readonly Value[] }
  | { readonly kind: "lambda"; readonly call: (args: readonly Value[]) => Value }
  /** Known by its type only; or a resource, of which more is known. */
  | {
      readonly kind: "unknown";
      readonly about: string;
      readonly type: SchemaType;
      readonly resource?: Deployed;
      readonly members?: (name: string) => Value | undefined;
    };

type Unknown = Extract<Value, { kind: "unknown" }>;

/** How many combinations are looked at before the value counts as unknown. */
const maxOptions = 64;

export const nullValue: Value = { kind: "null" };
export const textValue = (text: string, exact = true): Value => ({ kind: "text", text, exact });
export const numberValue = (value: number): Value => ({ kind: "number", value });
export const boolValue = (value: boolean): Value => ({ kind: "bool", value });
export const listValue = (items: readonly Value[], open = false): Value => ({ kind: "list", items, open });
export const unknownValue = (about: string, type: SchemaType = anyType): Unknown => ({
  kind: "unknown",
  about,
  type,
});

/** One of several values; of one value, that value. */
export function eitherOf(options: readonly Value[]): Value {
  const flat = options.flatMap((option) => (option.kind === "either" ? option.options : [option]));
  const [first] = flat;
  if (first !== undefined && flat.length === 1) return first;
  if (flat.length > maxOptions) return unknownValue("one of many values");
  return { kind: "either", options: flat };
}

/** Computes with each combination of what the arguments may be. */
export function forEachOption(args: readonly Value[], compute: (args: readonly Value[]) => Value): Value {
  if (!args.some(({ kind }) => kind === "either")) return compute(args);
  let combinations: Value[][] = [[]];
  for (const argument of args) {
    const options = argument.kind === "either" ? argument.options : [argument];
    combinations = combinations.flatMap((before) => options.map((option) => [...before, option]));
    if (combinations.length > maxOptions) return unknownValue("one of many values");
  }
  return eitherOf(combinations.map((combination) => compute(combination)));
}

/** JSON as a value; its properties stand where the whole is read. */
export function fromJson(json: unknown, at: Position): Value {
  if (json === null || json === undefined) return nullValue;
  if (typeof json === "string") return textValue(json);
  if (typeof json === "number") return numberValue(json);
  if (typeof json === "boolean") return boolValue(json);
  if (Array.isArray(json)) return listValue(json.map((item: unknown) => fromJson(item, at)));
  const entries = Object.entries(json).map(([key, value]): [string, Entry] => [
    key,
    { at, value: fromJson(value, at), sure: true },
  ]);
  return { kind: "object", at, entries: new Map(entries), open: false };
}

/** The value as JSON, what is not known in it as ‹…›; undefined for lambdas. */
export function toJson(value: Value): unknown {
  switch (value.kind) {
    case "text":
      return value.text;
    case "number":
    case "bool":
      return value.value;
    case "null":
      return null;
    case "list":
      return value.items.map(toJson);
    case "object":
      return Object.fromEntries([...value.entries].map(([key, entry]) => [key, toJson(entry.value)]));
    case "either":
      return `‹${value.options.map((option) => JSON.stringify(toJson(option))).join(" or ")}›`;
    case "unknown":
      return value.resource ? value.resource.id : `‹${value.about}›`;
    default:
      return undefined;
  }
}

/** Whether everything in it is known. */
export function isExact(value: Value): boolean {
  switch (value.kind) {
    case "text":
      return value.exact;
    case "number":
    case "bool":
    case "null":
      return true;
    case "list":
      return !value.open && value.items.every(isExact);
    case "object":
      return !value.open && [...value.entries.values()].every((entry) => entry.sure && isExact(entry.value));
    default:
      return false;
  }
}

/** The value as a string has it. */
export function asText(value: Value): { text: string; exact: boolean } {
  if (value.kind === "text") return value;
  const json = toJson(value);
  return {
    text: typeof json === "string" ? json : (JSON.stringify(json) ?? ""),
    exact: isExact(value),
  };
}
