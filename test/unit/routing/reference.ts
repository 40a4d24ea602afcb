import type { CompiledTable } from "../../../shared/routing/compile-table.ts";
import type { MessageView } from "../../../shared/routing/message-view.ts";
import { isSameAddress, startsWithAddress, toCompared } from "../../../shared/routing/address-filter.ts";
import { own, type Filter } from "../../../shared/routing/table.ts";
import { judgeCel, judgeDialect } from "./reference-expression.ts";

/**
 * Which entries a message takes, worked out from the words of the rules: every filter is asked, nothing is compiled, indexed or remembered.
 * Knows the filters that the property test makes.
 */
export function takenByReference({ table }: CompiledTable, view: MessageView): number[] {
  const exchange = own(table.inbound, view.inbound)?.exchange;
  const matching = table.entries
    .map((entry, index) => ({ entry, index, filter: own(table.filters, entry.filter) }))
    .filter(({ entry }) => own(table.endpoints, entry.endpoint)?.exchange === exchange)
    .filter(({ filter }) => filter !== undefined && judge(filter, table.filters, view) === true);
  const highest = Math.max(...matching.map(({ entry }) => entry.priority));
  const level = matching.filter(({ entry }) => entry.priority === highest);
  const lengthOf = (filter: Filter | undefined): number =>
    filter?.type === "PrefixEndpointAddress" ? toCompared(filter.address).path.length : -1;
  const longest = Math.max(...level.map(({ filter }) => lengthOf(filter)));
  return level
    .filter(({ filter }) => lengthOf(filter) === -1 || lengthOf(filter) === longest)
    .map(({ index }) => index);
}

/** undefined: cannot be judged. */
function judge(
  filter: Filter,
  filters: Readonly<Record<string, Filter>>,
  view: MessageView,
): boolean | undefined {
  const operand = (name: string): boolean | undefined => {
    const named = own(filters, name);
    return named && judge(named, filters, view);
  };
  switch (filter.type) {
    case "MatchAll":
      return true;
    case "EndpointName":
      return view.inbound === filter.name;
    case "Action":
      return view.action === undefined ? undefined : filter.actions.includes(view.action);
    case "PrefixEndpointAddress":
      return view.comparedAddress && startsWithAddress(view.comparedAddress, toCompared(filter.address));
    case "EndpointAddress":
      return view.comparedAddress && isSameAddress(view.comparedAddress, toCompared(filter.address));
    case "Cel":
      return judgeCel(filter.expression, view);
    case "CloudEvents": {
      const { attributes } = view;
      return attributes && filter.filters.every((dialect) => judgeDialect(dialect, attributes));
    }
    case "Headers":
      return fits(filter.pattern, Object.fromEntries(view.headers));
    case "Fields":
      return "value" in view.json ? fits(filter.pattern, view.json.value) : undefined;
    case "And": {
      for (const name of filter.filters) {
        const verdict = operand(name);
        if (verdict !== true) return verdict;
      }
      return true;
    }
    case "Or": {
      const verdicts = new Set(filter.filters.map(operand));
      return verdicts.has(true) ? true : verdicts.has(undefined) ? undefined : false;
    }
    case "Not": {
      const verdict = operand(filter.filter);
      return verdict === undefined ? undefined : !verdict;
    }
    default:
      throw new Error(`The reference does not know ${filter.type}`);
  }
}

function fits(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(value) && !Array.isArray(pattern)) return value.some((item) => fits(pattern, item));
  return entriesOf(pattern).every(([key, wanted]) => {
    const found = entriesOf(value).find(([name]) => name === key)?.[1];
    return Array.isArray(wanted)
      ? scalarsOf(found).some((one) => wanted.some((test) => accepts(test, one)))
      : fits(wanted, found);
  });
}

function accepts(test: unknown, value: unknown): boolean {
  if (typeof test !== "object" || test === null) return test === value;
  const [[operator, operand] = ["", undefined]] = Object.entries(test);
  if (operator === "anything-but") return value !== operand;
  if (operator === "exists") return operand === true;
  if (operator === "numeric")
    return Array.isArray(operand) && typeof value === "number" && isWithin(value, operand);
  if (typeof value !== "string" || typeof operand !== "string") return false;
  switch (operator) {
    case "prefix":
      return value.startsWith(operand);
    case "suffix":
      return value.endsWith(operand);
    case "wildcard":
      return new RegExp(`^${operand.replaceAll("*", ".*")}$`).test(value);
    default:
      return value.toLowerCase() === operand.toLowerCase();
  }
}

function isWithin(value: number, [sign, bound, ...more]: readonly unknown[]): boolean {
  const limit = Number(bound);
  const is =
    sign === ">="
      ? value >= limit
      : sign === ">"
        ? value > limit
        : sign === "<"
          ? value < limit
          : sign === "<="
            ? value <= limit
            : value === limit;
  return is && (more.length === 0 || isWithin(value, more));
}

function scalarsOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(scalarsOf);
  return value === undefined || (typeof value === "object" && value !== null) ? [] : [value];
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
