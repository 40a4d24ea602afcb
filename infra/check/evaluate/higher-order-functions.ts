import { elementType, listType, objectType } from "../types/schema-type.ts";
import { builtIn, type BuiltIn } from "./built-in.ts";
import { asText, eitherOf, listValue, numberValue, unknownValue, type Entry, type Value } from "./value.ts";

/** Functions that take lambdas. */
export const higherOrderFunctions: Readonly<Record<string, BuiltIn>> = {
  map: builtIn(2, 2, listType, ([list, lambda]) => {
    const elements = elementsOf(list);
    if (!elements || lambda?.kind !== "lambda") return undefined;
    return listValue(
      elements.items.map((item, index) => lambda.call([item, numberValue(index)])),
      elements.open,
    );
  }),
  filter: builtIn(2, 2, listType, filter),
  reduce: builtIn(3, 3, undefined, ([list, start, lambda]) => {
    if (list?.kind !== "list" || list.open || !start || lambda?.kind !== "lambda") return undefined;
    return list.items.reduce((sum, item, index) => lambda.call([sum, item, numberValue(index)]), start);
  }),
  sort: builtIn(2, 2, listType, sort),
  toObject: builtIn(2, 3, objectType, toObject),
  mapValues: builtIn(2, 2, objectType, ([object, lambda]) => {
    if (object?.kind !== "object" || lambda?.kind !== "lambda") return undefined;
    const entries = [...object.entries].map(([key, entry]): [string, Entry] => [
      key,
      { ...entry, value: lambda.call([entry.value]) },
    ]);
    return { ...object, entries: new Map(entries) };
  }),
  groupBy: builtIn(2, 2, objectType),
};

/** The elements of a list; of an unknown one, any element. */
function elementsOf(list: Value | undefined): { items: readonly Value[]; open: boolean } | undefined {
  if (list?.kind === "list") return list;
  if (list?.kind !== "unknown") return undefined;
  return { items: [unknownValue("an element", elementType(list.type))], open: true };
}

function filter([list, lambda]: readonly Value[]): Value | undefined {
  const elements = elementsOf(list);
  if (!elements || lambda?.kind !== "lambda") return undefined;
  let { open } = elements;
  const items = elements.items.filter((item, index) => {
    const kept = lambda.call([item, numberValue(index)]);
    if (kept.kind === "bool") return kept.value;
    open = true;
    return true;
  });
  return listValue(items, open);
}

function sort([list, lambda]: readonly Value[]): Value | undefined {
  if (list?.kind !== "list" || lambda?.kind !== "lambda") return undefined;
  let known = !list.open;
  const items = [...list.items].sort((a, b) => {
    const before = lambda.call([a, b]);
    if (before.kind !== "bool") known = false;
    return before.kind === "bool" && before.value ? -1 : 1;
  });
  return known ? listValue(items) : listValue([eitherOf(list.items)], true);
}

function toObject([list, keyOf, valueOf]: readonly Value[], { at }: { at: Entry["at"] }): Value | undefined {
  const elements = elementsOf(list);
  if (!elements || keyOf?.kind !== "lambda") return undefined;
  let { open } = elements;
  const entries = new Map<string, Entry>();
  for (const item of elements.items) {
    const { text, exact } = asText(keyOf.call([item]));
    const value = valueOf?.kind === "lambda" ? valueOf.call([item]) : item;
    if (exact) entries.set(text, { at: placeOf(value) ?? at, value, sure: true });
    else open = true;
  }
  return { kind: "object", at, entries, open };
}

const placeOf = (value: Value): Entry["at"] | undefined => (value.kind === "object" ? value.at : undefined);
