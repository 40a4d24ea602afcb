import type { Conjunction, FieldNode } from "./event-pattern.ts";
import type { Scalar } from "./value-test.ts";

/** The parts of a message that an index is kept of. `path` is the path of its address, `event` the attributes of a CloudEvent. */
export const sources = ["inbound", "action", "path", "headers", "event", "json"] as const;
export type Source = (typeof sources)[number];

/** Something that a message must have in one place: this value, a text that begins so, or a number in a range. */
export interface FilterKey {
  source: Source;
  path: readonly string[];
  wants: { exact: Scalar } | { prefix: string } | { from: number; to: number };
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

/** Exact values tell messages apart better than prefixes, and those better than ranges. */
function weigh(keys: readonly FilterKey[]): number {
  return keys.reduce((sum, { wants }) => sum + ("exact" in wants ? 1 : "prefix" in wants ? 4 : 16), 0);
}

/** The keys of an event pattern: of each alternative, its fields that ask for certain values only. */
export function keysOfPattern(source: Source, alternatives: readonly Conjunction[]): KeyOptions {
  return keysOfAny(alternatives.map((fields) => fields.flatMap((field) => keysOfField(source, field))));
}

function keysOfField(source: Source, { path, leaves, fields }: FieldNode): (readonly FilterKey[])[] {
  const ofLeaves = leaves.flatMap((tests) => {
    const keys = tests.flatMap((test): FilterKey[] => {
      if (test.kind === "exact") return [{ source, path, wants: { exact: test.value } }];
      if (test.kind === "prefix" && test.prefix !== "")
        return [{ source, path, wants: { prefix: test.prefix } }];
      if (test.kind === "range") return [{ source, path, wants: { from: test.from, to: test.to } }];
      return [];
    });
    // A test that is no key could be the one that a message passes.
    return keys.length === tests.length && keys.length <= maxKeys ? [keys] : [];
  });
  return [...ofLeaves, ...fields.flatMap((field) => keysOfField(source, field))];
}
