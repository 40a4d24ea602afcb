import { FilterFault } from "./filter-fault.ts";
import { routingLimits as limits } from "./limits.ts";
import { isObject } from "./plain-object.ts";
import { operators, readValueTest, type ValueTest } from "./value-test.ts";

/** A field and what is asked of it: a value that passes one of `tests`, or fields below it. */
export interface FieldNode {
  key: string;
  /** From the root of the event down to this field. */
  path: readonly string[];
  /** Each list must have a test that a value passes; more than one list only where alternatives were joined. */
  leaves: (readonly ValueTest[])[];
  fields: FieldNode[];
}

/** Fields that must all fit: one alternative of a pattern. */
export type Conjunction = readonly FieldNode[];

/** Reads an event pattern as Amazon EventBridge writes it into its alternatives, one of which must fit. Throws FilterFault. */
export function readPattern(
  pattern: Readonly<Record<string, unknown>>,
  path: string,
): readonly Conjunction[] {
  return readObject(pattern, [], path, { left: limits.maxPatternValues });
}

interface Budget {
  left: number;
}

function readObject(
  pattern: Readonly<Record<string, unknown>>,
  above: readonly string[],
  path: string,
  budget: Budget,
): Conjunction[] {
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw new FilterFault(path, "must not be empty");
  let alternatives: Conjunction[] = [[]];
  for (const [key, value] of entries) {
    const place = `${path}.${key}`;
    const ofKey = isOr(key, value)
      ? value.flatMap((one, index) => readObject(one, above, `${place}.${index}`, budget))
      : readField(key, value, above, place, budget);
    if (alternatives.length * ofKey.length > limits.maxPatternAlternatives) {
      throw new FilterFault(place, `makes more than ${limits.maxPatternAlternatives} alternatives`);
    }
    alternatives = alternatives.flatMap((left) => ofKey.map((right) => merge(left, right)));
  }
  return alternatives;
}

function readField(
  key: string,
  value: unknown,
  above: readonly string[],
  place: string,
  budget: Budget,
): Conjunction[] {
  const path = [...above, key];
  if (Array.isArray(value)) {
    if (value.length === 0) throw new FilterFault(place, "must not be empty");
    budget.left -= value.length;
    if (budget.left < 0)
      throw new FilterFault(place, `is beyond the ${limits.maxPatternValues} values that a pattern may hold`);
    return [
      [
        {
          key,
          path,
          leaves: [value.map((one, index) => readValueTest(one, `${place}.${index}`))],
          fields: [],
        },
      ],
    ];
  }
  if (!isObject(value)) {
    throw new FilterFault(place, "must be a list of what matches, or an object with fields");
  }
  return readObject(value, path, place, budget).map((fields) => [
    { key, path, leaves: [], fields: [...fields] },
  ]);
}

/** `$or` is a field like any other unless it is a list of at least two objects, none of which names an operator. */
function isOr(key: string, value: unknown): value is Record<string, unknown>[] {
  return (
    key === "$or" &&
    Array.isArray(value) &&
    value.length >= 2 &&
    value.every((one) => isObject(one) && !operators.some((name) => Object.hasOwn(one, name)))
  );
}

/** Joins what is asked of the same field, so that a list of objects must have one object that all of it fits. */
function merge(left: Conjunction, right: Conjunction): Conjunction {
  const merged = [...left];
  for (const node of right) {
    const at = merged.findIndex(({ key }) => key === node.key);
    const same = merged[at];
    if (!same) merged.push(node);
    else
      merged[at] = {
        ...same,
        leaves: [...same.leaves, ...node.leaves],
        fields: [...merge(same.fields, node.fields)],
      };
  }
  return merged;
}
