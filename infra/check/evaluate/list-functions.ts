import { boolType, intType, listType, objectType, textType } from "../types/schema-type.ts";
import { builtIn, ofExact, type BuiltIn } from "./built-in.ts";
import { higherOrderFunctions } from "./higher-order-functions.ts";
import { mergeDeep, mergeShallow } from "./merge.ts";
import {
  isExact,
  toJson,
  boolValue,
  eitherOf,
  listValue,
  nullValue,
  numberValue,
  textValue,
  type Entry,
  type Value,
} from "./value.ts";

const maxArgs = Infinity;

/** Functions of lists and objects, and of texts where they take those too. */
export const listFunctions: Readonly<Record<string, BuiltIn>> = {
  ...higherOrderFunctions,
  concat: builtIn(1, maxArgs, undefined, concat),
  contains: builtIn(2, 2, boolType, contains),
  empty: builtIn(1, 1, boolType, ([value]) => {
    const size = value && sizeOf(value);
    if (size === undefined) return value?.kind === "null" ? boolValue(true) : undefined;
    return boolValue(size === 0);
  }),
  length: builtIn(1, 1, intType, ([value]) => {
    const size = value && sizeOf(value);
    return size === undefined ? undefined : numberValue(size);
  }),
  first: builtIn(1, 1, undefined, ([value]) => {
    if (value?.kind === "text") return textValue(value.text.slice(0, 1), value.exact);
    return value?.kind === "list" ? (value.items[0] ?? (value.open ? undefined : nullValue)) : undefined;
  }),
  last: builtIn(1, 1, undefined, ([value]) => {
    if (value?.kind === "text") return textValue(value.text.slice(-1), value.exact);
    return value?.kind === "list" && !value.open ? (value.items.at(-1) ?? nullValue) : undefined;
  }),
  take: builtIn(2, 2, undefined, ([value, count]) => slice(value, 0, count)),
  skip: builtIn(2, 2, undefined, ([value, count]) =>
    count?.kind === "number" ? slice(value, count.value, undefined) : undefined,
  ),
  indexOf: builtIn(
    2,
    2,
    intType,
    ofExact(([value, part]) =>
      numberValue(
        Array.isArray(value)
          ? value.findIndex((item) => JSON.stringify(item) === JSON.stringify(part))
          : String(value).toLowerCase().indexOf(String(part).toLowerCase()),
      ),
    ),
  ),
  range: builtIn(
    2,
    2,
    { kind: "list", item: intType },
    ofExact(([from, count]) =>
      listValue(Array.from({ length: Number(count) }, (_, index) => numberValue(Number(from) + index))),
    ),
  ),
  flatten: builtIn(1, 1, listType, ([value]) => {
    if (value?.kind !== "list" || !value.items.every((item) => item.kind === "list")) return undefined;
    const lists = value.items.filter((item) => item.kind === "list");
    return listValue(
      lists.flatMap(({ items }) => items),
      value.open || lists.some(({ open }) => open),
    );
  }),
  items: builtIn(1, 1, { kind: "list", item: objectType }, ([value]) => {
    if (value?.kind !== "object") return undefined;
    const sorted = [...value.entries].sort(([a], [b]) => a.localeCompare(b));
    return listValue(
      sorted.map(([key, entry]) => toItem(key, entry)),
      value.open,
    );
  }),
  objectKeys: builtIn(1, 1, { kind: "list", item: textType }, ([value]) =>
    value?.kind === "object"
      ? listValue(
          [...value.entries.keys()].sort().map((key) => textValue(key)),
          value.open,
        )
      : undefined,
  ),
  union: builtIn(2, maxArgs, undefined, mergeDeep),
  shallowMerge: builtIn(1, 1, objectType, ([value]) =>
    value?.kind === "list" && !value.open ? mergeShallow(value.items) : undefined,
  ),
  intersection: builtIn(2, maxArgs),
  coalesce: builtIn(1, maxArgs, undefined, (args) => args.find(({ kind }) => kind !== "null")),
  tryGet: builtIn(2, maxArgs, undefined, ([value, key]) =>
    value?.kind === "object" && key?.kind === "text" && !value.open
      ? (value.entries.get(key.text)?.value ?? nullValue)
      : undefined,
  ),
  min: builtIn(
    1,
    maxArgs,
    intType,
    ofExact((values) => numberValue(Math.min(...values.flat().map(Number)))),
  ),
  max: builtIn(
    1,
    maxArgs,
    intType,
    ofExact((values) => numberValue(Math.max(...values.flat().map(Number)))),
  ),
};

function toItem(key: string, { at, value, sure }: Entry): Value {
  const entries = new Map<string, Entry>([
    ["key", { at, value: textValue(key), sure: true }],
    ["value", { at, value, sure: true }],
  ]);
  return { kind: "object", at, entries, open: !sure };
}

/** How much is in it; undefined where that is not known. */
function sizeOf(value: Value): number | undefined {
  if (value.kind === "text") return value.exact ? value.text.length : undefined;
  if (value.kind === "list") return value.open ? undefined : value.items.length;
  if (value.kind !== "object" || value.open) return undefined;
  return [...value.entries.values()].every(({ sure }) => sure) ? value.entries.size : undefined;
}

function slice(value: Value | undefined, from: number, count: Value | undefined): Value | undefined {
  if (count !== undefined && count.kind !== "number") return undefined;
  const end = count && from + Math.max(0, count.value);
  if (value?.kind === "text") return textValue(value.text.slice(from, end), value.exact);
  return value?.kind === "list" && !value.open ? listValue(value.items.slice(from, end)) : undefined;
}

function concat(args: readonly Value[]): Value | undefined {
  if (args.every(({ kind }) => kind === "list")) {
    const lists = args.filter((argument) => argument.kind === "list");
    return listValue(
      lists.flatMap(({ items }) => items),
      lists.some(({ open }) => open),
    );
  }
  const texts = args.filter((argument) => argument.kind === "text");
  if (texts.length < args.length) return undefined;
  return textValue(
    texts.map(({ text }) => text).join(""),
    texts.every(({ exact }) => exact),
  );
}

function contains([value, part]: readonly Value[]): Value | undefined {
  if (!value || !part || !isExact(part)) return undefined;
  if (value.kind === "object" && part.kind === "text") {
    const entry = value.entries.get(part.text);
    if (!entry) return value.open ? undefined : boolValue(false);
    return entry.sure ? boolValue(true) : eitherOf([boolValue(true), boolValue(false)]);
  }
  if (!isExact(value)) return undefined;
  const [whole, wanted] = [toJson(value), toJson(part)];
  if (Array.isArray(whole))
    return boolValue(whole.some((item) => JSON.stringify(item) === JSON.stringify(wanted)));
  return boolValue(String(whole).includes(String(wanted)));
}
