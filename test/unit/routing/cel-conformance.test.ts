import { tests as conformance } from "@bufbuild/cel-spec/testdata/conformance.js";
import { expect, test } from "vitest";
import { z } from "zod";
import { compileCel } from "../../../shared/routing/cel-filter.ts";
import { FilterFault } from "../../../shared/routing/filter-fault.ts";
import { viewOf } from "./table-with.ts";

/** The parts of the suite that need no protobuf messages. */
const core = new Set(
  "basic comparisons conversions fields fp_math integer_math lists logic macros parse plumbing string timestamps".split(
    " ",
  ),
);

/** Cases that come out otherwise, by group, and why. One that passes again must leave the list. */
const known: Readonly<Record<string, number>> = {
  // Names that do not exist are refused when a table is stored, not forgiven where the other side of || is true.
  "basic/variables": 1,
  "basic/functions": 1,
  "parse/receiver_function_names": 17,
  // The library has no names in backquotes.
  "fields/quoted_map_fields": 6,
};

interface Value {
  int64Value?: string | undefined;
  uint64Value?: string | undefined;
  doubleValue?: number | string | undefined;
  stringValue?: string | undefined;
  bytesValue?: string | undefined;
  boolValue?: boolean | undefined;
  nullValue?: null | undefined;
  typeValue?: string | undefined;
  listValue?: { values?: Value[] | undefined } | undefined;
  mapValue?: { entries?: { key: Value; value: Value }[] | undefined } | undefined;
}

const valueSchema: z.ZodType<Value> = z.lazy(() =>
  z.strictObject({
    int64Value: z.string().optional(),
    uint64Value: z.string().optional(),
    doubleValue: z.union([z.number(), z.string()]).optional(),
    stringValue: z.string().optional(),
    bytesValue: z.string().optional(),
    boolValue: z.boolean().optional(),
    nullValue: z.null().optional(),
    typeValue: z.string().optional(),
    listValue: z.object({ values: z.array(valueSchema).optional() }).optional(),
    mapValue: z
      .object({ entries: z.array(z.object({ key: valueSchema, value: valueSchema })).optional() })
      .optional(),
  }),
);

const caseSchema = z.object({
  expr: z.string(),
  value: valueSchema.optional(),
  evalError: z.unknown().optional(),
});

interface Suite {
  name: string;
  suites?: Suite[];
  tests?: { original: object }[];
}

/** A value as people write it in an expression; undefined for those that cannot be written, or not be compared. */
function toLiteral(value: Value): string | undefined {
  if (value.int64Value !== undefined) return value.int64Value;
  if (value.uint64Value !== undefined) return `${value.uint64Value}u`;
  if (typeof value.doubleValue === "number") return value.doubleValue.toExponential();
  if (value.stringValue !== undefined) return JSON.stringify(value.stringValue);
  if (value.boolValue !== undefined) return String(value.boolValue);
  if (value.nullValue === null) return "null";
  if (value.typeValue !== undefined) return value.typeValue;
  if (value.bytesValue !== undefined) {
    const bytes = [...Buffer.from(value.bytesValue, "base64")];
    return `b"${bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}"`;
  }
  if (value.listValue) return joined(value.listValue.values ?? [], (item) => toLiteral(item), "[]");
  if (!value.mapValue) return undefined;
  return joined(
    value.mapValue.entries ?? [],
    (entry) => {
      const [key, inner] = [toLiteral(entry.key), toLiteral(entry.value)];
      return key === undefined || inner === undefined ? undefined : `${key}: ${inner}`;
    },
    "{}",
  );
}

function joined<T>(
  items: readonly T[],
  write: (item: T) => string | undefined,
  brackets: string,
): string | undefined {
  const texts = items.map(write);
  return texts.includes(undefined)
    ? undefined
    : `${brackets.charAt(0)}${texts.join(", ")}${brackets.charAt(1)}`;
}

function* casesOf(suite: Suite, path: string): Generator<{ path: string; original: object }> {
  for (const { original } of suite.tests ?? []) yield { path, original };
  for (const inner of suite.suites ?? [])
    yield* casesOf(inner, path === "" ? inner.name : `${path}/${inner.name}`);
}

/** Whether a case can be asked in the words of our filter: without messages of protobuf, and without variables of its own. */
function isOurs(path: string, original: object): boolean {
  const text = JSON.stringify(original);
  return (
    core.has(path.split("/")[0] ?? "") &&
    !["typeEnv", "bindings", "container", "checkOnly", "typedResult"].some((key) => key in original) &&
    !/TestAllTypes|google\.protobuf|objectValue|enumValue|proto2|proto3/.test(text)
  );
}

function outcomeOf(expression: string): unknown {
  try {
    const verdict = compileCel(expression).judge(viewOf({}));
    return typeof verdict === "object" ? "error" : verdict;
  } catch (error) {
    if (error instanceof FilterFault) return "error";
    throw error;
  }
}

test("the conformance cases of CEL come out as they should", () => {
  const failed: Record<string, number> = {};
  let asked = 0;
  for (const { path, original } of casesOf(conformance, "")) {
    if (!isOurs(path, original)) continue;
    const { expr, value, evalError } = caseSchema.parse(original);
    const literal = value && toLiteral(value);
    if (literal === undefined && evalError === undefined) continue;
    asked += 1;
    const isBoolean = value?.boolValue !== undefined;
    const outcome = outcomeOf(evalError !== undefined || isBoolean ? expr : `(${expr}) == ${literal}`);
    const wanted = evalError === undefined ? (value?.boolValue ?? true) : "error";
    if (outcome !== wanted) failed[path] = (failed[path] ?? 0) + 1;
  }
  expect(failed).toEqual(known);
  expect(asked).toBeGreaterThan(700);
});
