import { objectType } from "../types/schema-type.ts";
import { isExact, listValue, toJson, unknownValue, type Entry, type Value } from "./value.ts";

/** `union(a, b, …)`: of objects deeply, the last one wins; of lists without doubles. */
export function mergeDeep(args: readonly Value[]): Value | undefined {
  if (args.every(({ kind }) => kind === "list")) return uniteLists(args);
  return args.reduce((merged, argument) => mergeTwo(merged, argument, true));
}

/** `shallowMerge([a, b, …])`. */
export function mergeShallow(args: readonly Value[]): Value | undefined {
  return args.length === 0 ? undefined : args.reduce((merged, argument) => mergeTwo(merged, argument, false));
}

function mergeTwo(first: Value, second: Value, deep: boolean): Value {
  const [a, b] = [asObject(first), asObject(second)];
  if (!a || !b) return unknownValue("a union", objectType);
  const entries = new Map(a.entries);
  for (const [key, entry] of b.entries) {
    const before = entries.get(key);
    entries.set(key, before ? mergeEntries(before, entry, deep) : entry);
  }
  return { kind: "object", at: a.at, entries, open: a.open || b.open };
}

function mergeEntries(before: Entry, after: Entry, deep: boolean): Entry {
  if (deep && before.value.kind === "object" && after.value.kind === "object")
    return { ...after, value: mergeTwo(before.value, after.value, true), sure: before.sure || after.sure };
  if (after.sure) return after;
  return { ...after, value: { kind: "either", options: [before.value, after.value] }, sure: before.sure };
}

/** What is not known may have any properties. */
function asObject(value: Value): Extract<Value, { kind: "object" }> | undefined {
  if (value.kind === "object") return value;
  const nowhere = { file: "", line: 0, column: 0 };
  return value.kind === "unknown" || value.kind === "null"
    ? { kind: "object", at: nowhere, entries: new Map(), open: value.kind === "unknown" }
    : undefined;
}

function uniteLists(args: readonly Value[]): Value {
  const lists = args.filter((argument) => argument.kind === "list");
  const known = new Set<string>();
  const items = lists
    .flatMap(({ items }) => items)
    .filter((item) => {
      const text = JSON.stringify(toJson(item));
      const repeated = isExact(item) && known.has(text);
      known.add(text);
      return !repeated;
    });
  return listValue(
    items,
    lists.some(({ open }) => open),
  );
}
