import { keysOfCesql } from "./cesql/cesql-keys.ts";
import { compileCesql } from "./cesql/compile-cesql.ts";
import type { EventAttributes } from "./cloud-event.ts";
import { FilterFault } from "./filter-fault.ts";
import { exactKeys, keysOfAll, keysOfAny, type KeyOptions } from "./filter-key.ts";
import { reasonOf } from "../kernel/log.ts";
import { routingLimits as limits } from "./limits.ts";
import { isObject } from "./plain-object.ts";

type AttributesTest = (attributes: EventAttributes) => boolean;

const comparisons: Readonly<
  Record<"exact" | "prefix" | "suffix", (value: string, wanted: string) => boolean>
> = {
  exact: (value, wanted) => value === wanted,
  prefix: (value, wanted) => value.startsWith(wanted),
  suffix: (value, wanted) => value.endsWith(wanted),
};

const dialects = "exact, prefix, suffix, all, any, not, sql";

export interface CloudEventsFilter {
  test: AttributesTest;
  /** What the attributes of every event are that it matches. */
  keys: KeyOptions;
}

type Dialect = CloudEventsFilter;

/** Compiles filters in the dialects of the CloudEvents Subscriptions API, all of which must match. Throws FilterFault. */
export function compileCloudEvents(filters: readonly unknown[], path: string): CloudEventsFilter {
  const budget = { left: limits.maxDialects };
  return allOf(filters.map((filter, index) => compileDialect(filter, `${path}.${index}`, budget)));
}

function allOf(dialects: readonly Dialect[]): Dialect {
  const tests = dialects.map(({ test }) => test);
  return {
    test: (attributes) => tests.every((test) => test(attributes)),
    keys: keysOfAll(dialects.map(({ keys }) => keys)),
  };
}

function anyOf(dialects: readonly Dialect[]): Dialect {
  const tests = dialects.map(({ test }) => test);
  return {
    test: (attributes) => tests.some((test) => test(attributes)),
    keys: keysOfAny(dialects.map(({ keys }) => keys)),
  };
}

function compileDialect(filter: unknown, path: string, budget: { left: number }): Dialect {
  budget.left -= 1;
  if (budget.left < 0)
    throw new FilterFault(path, `is beyond the ${limits.maxDialects} dialects that a filter may hold`);
  const [[dialect, value] = ["", undefined], ...others] = isObject(filter) ? Object.entries(filter) : [];
  if (dialect === "" || others.length > 0)
    throw new FilterFault(path, `must be an object with one dialect: ${dialects}`);
  const place = `${path}.${dialect}`;
  switch (dialect) {
    case "exact":
    case "prefix":
    case "suffix":
      return compileComparison(dialect, value, place);
    case "all":
    case "any": {
      if (!Array.isArray(value) || value.length === 0)
        throw new FilterFault(place, "must be a list of filters that is not empty");
      const inner = value.map((one, index) => compileDialect(one, `${place}.${index}`, budget));
      return dialect === "all" ? allOf(inner) : anyOf(inner);
    }
    case "not": {
      const { test } = compileDialect(value, place, budget);
      return { test: (attributes) => !test(attributes), keys: [] };
    }
    case "sql":
      return compileSql(value, place);
    default:
      throw new FilterFault(path, `has no dialect '${dialect}': use ${dialects}`);
  }
}

/** An expression matches when it comes to true without an error. */
function compileSql(value: unknown, path: string): Dialect {
  if (typeof value !== "string" || value === "" || value.length > limits.maxExpressionLength) {
    throw new FilterFault(path, `must be a text of 1 to ${limits.maxExpressionLength} characters`);
  }
  try {
    const { node, evaluate } = compileCesql(value);
    const test = (attributes: EventAttributes): boolean => {
      const result = evaluate(attributes);
      return result.value === true && result.error === undefined;
    };
    return { test, keys: keysOfCesql(node) };
  } catch (error) {
    throw new FilterFault(path, `is no expression of CloudEvents SQL: ${reasonOf(error)}`);
  }
}

function compileComparison(dialect: keyof typeof comparisons, value: unknown, path: string): Dialect {
  const wanted = isObject(value) ? Object.entries(value) : [];
  if (wanted.length === 0) throw new FilterFault(path, "must name at least one attribute");
  const pairs = wanted.map(([name, text]): [string, string] => {
    if (!/^[a-z0-9]+$/.test(name))
      throw new FilterFault(path, `'${name.slice(0, 64)}' is no name of an attribute`);
    if (typeof text !== "string" || text === "" || text.length > limits.maxMatcherLength) {
      throw new FilterFault(
        `${path}.${name}`,
        `must be a text of 1 to ${limits.maxMatcherLength} characters`,
      );
    }
    return [name, text];
  });
  const compare = comparisons[dialect];
  const test: AttributesTest = (attributes) =>
    pairs.every(([name, text]) => {
      const has = attributes.get(name);
      return has !== undefined && compare(has, text);
    });
  return { test, keys: pairs.flatMap(([name, text]) => keysOf(dialect, name, text)) };
}

function keysOf(dialect: keyof typeof comparisons, name: string, text: string): KeyOptions {
  if (dialect === "exact") return exactKeys("event", [name], [text]);
  const wants = dialect === "prefix" ? { prefix: text } : { suffix: text };
  return [[{ source: "event", path: [name], wants }]];
}
