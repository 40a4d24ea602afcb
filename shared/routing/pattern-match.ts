import type { Conjunction, FieldNode } from "./event-pattern.ts";
import { fieldOf, readerOf } from "./plain-object.ts";
import { routingLimits as limits } from "./limits.ts";
import { isScalar, passes, type Scalar, type ValueTest } from "./value-test.ts";

/** Makes the test of an event from the alternatives of a pattern. */
export function compileConjunctions(alternatives: readonly Conjunction[]): (event: unknown) => boolean {
  const tests = alternatives.map((conjunction) => conjunction.map(compileField));
  const [only] = tests;
  if (tests.length === 1 && only) return (event) => fitsAll(only, event, event, 0);
  return (event) => tests.some((fields) => fitsAll(fields, event, event, 0));
}

/** The values under a path; lists on the way and at its end are looked through. */
export function* leavesAt(value: unknown, path: readonly string[], at = 0, depth = 0): Generator<Scalar> {
  if (Array.isArray(value)) {
    if (depth > limits.maxBodyDepth) return;
    for (const item of value) yield* leavesAt(item, path, at, depth + 1);
  } else if (at === path.length) {
    if (isScalar(value)) yield value;
  } else {
    const inner = fieldOf(value, path[at] ?? "");
    if (inner !== undefined) yield* leavesAt(inner, path, at + 1, depth);
  }
}

type FieldTest = (holder: unknown, event: unknown, depth: number) => boolean;

/**
 * Whether one object fits all fields. A list fits if one of its items does: all the fields of the pattern at this place must be in the same
 * item. What is no object has no fields, which can fit when the pattern asks for absence.
 */
function fitsAll(fields: readonly FieldTest[], value: unknown, event: unknown, depth: number): boolean {
  if (Array.isArray(value) && value.length > 0) {
    return depth < limits.maxBodyDepth && value.some((item) => fitsAll(fields, item, event, depth + 1));
  }
  for (const field of fields) if (!field(value, event, depth)) return false;
  return true;
}

function compileField({ key, path, leaves, fields }: FieldNode): FieldTest {
  const tests: FieldTest[] = leaves.map((list) => compileLeaf(key, path, list));
  if (fields.length > 0) {
    const inner = fields.map(compileField);
    const read = readerOf(key);
    tests.push((holder, event, depth) => fitsAll(inner, read(holder), event, depth));
  }
  const [only] = tests;
  if (tests.length === 1 && only) return only;
  return (holder, event, depth) => tests.every((test) => test(holder, event, depth));
}

function compileLeaf(key: string, path: readonly string[], list: readonly ValueTest[]): FieldTest {
  const test = compileTests(list);
  const isAbsenceAllowed = list.some(({ kind }) => kind === "absent");
  const read = readerOf(key);
  return (holder, event) => {
    const value = read(holder);
    if (value !== undefined && anyLeaf(value, test, 0)) return true;
    // Absence is judged over the whole event, not in one item of a list.
    return isAbsenceAllowed && leavesAt(event, path).next().done === true;
  };
}

function anyLeaf(value: unknown, test: (value: Scalar) => boolean, depth: number): boolean {
  if (Array.isArray(value))
    return depth < limits.maxBodyDepth && value.some((item) => anyLeaf(item, test, depth + 1));
  return isScalar(value) && test(value);
}

function compileTests(list: readonly ValueTest[]): (value: Scalar) => boolean {
  const exact = new Set<Scalar>(list.flatMap((test) => (test.kind === "exact" ? [test.value] : [])));
  const others = list.filter(({ kind }) => kind !== "exact" && kind !== "absent");
  const [only] = exact;
  if (others.length === 0) return exact.size === 1 ? (value) => value === only : (value) => exact.has(value);
  const [other] = others;
  if (exact.size === 0 && others.length === 1 && other) return (value) => passes(other, value);
  return (value) => exact.has(value) || others.some((test) => passes(test, value));
}
