import type { Conjunction, FieldNode } from "./event-pattern.ts";
import type { Scalar, ValueTest } from "./value-test.ts";

/**
 * The parts of a message that an index is kept of. `path` is the path of its address, `event` the attributes of a CloudEvent; names in `xml` are
 * written {namespace}name.
 */
export const sources = ["inbound", "action", "path", "headers", "event", "xml", "json"] as const;
export type Source = (typeof sources)[number];

/** Something that a message must have in one place: this value, a text that begins or ends so, or a number in a range, bounds included. */
export interface FilterKey {
  source: Source;
  path: readonly string[];
  wants: { exact: Scalar } | { prefix: string } | { suffix: string } | { from: number; to: number };
}

/**
 * What must be so wherever a filter matches. Each option is a list of keys, at least one of which every matching message has; one option is
 * enough for the index. No option: the filter says nothing that can be looked up.
 */
export type KeyOptions = readonly (readonly FilterKey[])[];

/** More keys than this for one filter would fill the index with little use. */
const maxKeys = 200;

export function exactKeys(source: Source, path: readonly string[], values: readonly Scalar[]): KeyOptions {
  return [values.map((exact) => ({ source, path, wants: { exact } }))];
}

/** All of several filters must match: any option of any of them will do. */
export function keysOfAll(operands: readonly KeyOptions[]): KeyOptions {
  return operands.flat();
}

/** One of several must match: the index needs a list of keys from each. */
export function keysOfAny(operands: readonly KeyOptions[]): KeyOptions {
  const [only] = operands;
  if (operands.length === 1 && only) return only;
  const joined: FilterKey[] = [];
  for (const options of operands) {
    const [shortest] = [...options].sort((a, b) => weigh(a) - weigh(b));
    if (!shortest) return [];
    joined.push(...shortest);
  }
  return joined.length > maxKeys || joined.length === 0 ? [] : [joined];
}

/** Exact values tell messages apart better than pieces of texts, and those better than ranges. */
function weigh(keys: readonly FilterKey[]): number {
  return keys.reduce((sum, { wants }) => sum + ("exact" in wants ? 1 : "from" in wants ? 16 : 4), 0);
}

/** The keys of an event pattern: of each alternative, its fields that ask for certain values only. */
export function keysOfPattern(source: Source, alternatives: readonly Conjunction[]): KeyOptions {
  return keysOfAny(alternatives.map((fields) => fields.flatMap((field) => keysOfField(source, field))));
}

/** Whether the keys of an event pattern say all of it: each alternative asks one thing of one field. */
export function isSaidByKeys(alternatives: readonly Conjunction[]): boolean {
  return alternatives.every((fields) => {
    const [field, ...others] = fields;
    return field !== undefined && others.length === 0 && isOneThing(field);
  });
}

function isOneThing({ leaves, fields }: FieldNode): boolean {
  const [tests = [], ...more] = leaves;
  if (more.length > 0) return false;
  return fields.length === 0
    ? tests.every((test) => keyOfTest("json", [], test)?.isAll === true)
    : leaves.length === 0 && isSaidByKeys([fields]);
}

function keysOfField(source: Source, { path, leaves, fields }: FieldNode): (readonly FilterKey[])[] {
  const ofLeaves = leaves.flatMap((tests) => {
    const keys = tests.flatMap((test) => keyOfTest(source, path, test)?.key ?? []);
    // A test that is no key could be the one that a message passes.
    return keys.length === tests.length && keys.length <= maxKeys ? [keys] : [];
  });
  return [...ofLeaves, ...fields.flatMap((field) => keysOfField(source, field))];
}

/** The key of one test, and whether it says all of the test. */
function keyOfTest(
  source: Source,
  path: readonly string[],
  test: ValueTest,
): { key: FilterKey; isAll: boolean } | undefined {
  const key = (wants: FilterKey["wants"], isAll = true) => ({ key: { source, path, wants }, isAll });
  switch (test.kind) {
    case "exact":
      return key({ exact: test.value });
    case "prefix":
      return test.prefix === "" ? undefined : key({ prefix: test.prefix });
    case "suffix":
      return test.suffix === "" ? undefined : key({ suffix: test.suffix });
    case "wildcard":
      if (test.first !== "") return key({ prefix: test.first }, false);
      return test.last === "" ? undefined : key({ suffix: test.last }, false);
    case "range":
      return key({ from: test.from, to: test.to });
    default:
      return undefined;
  }
}
