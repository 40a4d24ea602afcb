import type { EventAttributes } from "./cloud-event.ts";
import { FilterFault } from "./filter-fault.ts";
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

const dialects = "exact, prefix, suffix, all, any, not";

export interface CloudEventsFilter {
  test: AttributesTest;
  /** Attributes that must have just this value, whatever else is asked. */
  required: readonly { attribute: string; value: string }[];
}

/** Compiles filters in the dialects of the CloudEvents Subscriptions API, all of which must match. Throws FilterFault. */
export function compileCloudEvents(filters: readonly unknown[], path: string): CloudEventsFilter {
  const budget = { left: limits.maxDialects };
  const tests = filters.map((filter, index) => compileDialect(filter, `${path}.${index}`, budget));
  return {
    test: (attributes) => tests.every((test) => test(attributes)),
    required: filters.flatMap(requiredOf),
  };
}

function compileDialect(filter: unknown, path: string, budget: { left: number }): AttributesTest {
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
      const tests = value.map((one, index) => compileDialect(one, `${place}.${index}`, budget));
      return dialect === "all"
        ? (attributes) => tests.every((test) => test(attributes))
        : (attributes) => tests.some((test) => test(attributes));
    }
    case "not": {
      const test = compileDialect(value, place, budget);
      return (attributes) => !test(attributes);
    }
    default:
      throw new FilterFault(path, `has no dialect '${dialect}': use ${dialects}`);
  }
}

function compileComparison(dialect: keyof typeof comparisons, value: unknown, path: string): AttributesTest {
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
  return (attributes) =>
    pairs.every(([name, text]) => {
      const has = attributes.get(name);
      return has !== undefined && compare(has, text);
    });
}

function requiredOf(filter: unknown): { attribute: string; value: string }[] {
  if (!isObject(filter)) return [];
  const { exact, all } = filter;
  if (Array.isArray(all)) return all.flatMap(requiredOf);
  if (!isObject(exact)) return [];
  return Object.entries(exact).flatMap(([attribute, value]) =>
    typeof value === "string" ? [{ attribute, value }] : [],
  );
}
