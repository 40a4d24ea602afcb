import { isSameAddress, startsWithAddress, toCompared, type ComparedAddress } from "./address-filter.ts";
import { compileCel } from "./cel-filter.ts";
import { compileCloudEvents } from "./cloud-events-filter.ts";
import { readPattern } from "./event-pattern.ts";
import { FilterFault } from "./filter-fault.ts";
import {
  exactKeys,
  isSaidByKeys,
  keysOfAll,
  keysOfAny,
  keysOfPattern,
  type FilterKey,
  type KeyOptions,
} from "./filter-key.ts";
import type { MessageView } from "./message-view.ts";
import { compileConjunctions } from "./pattern-match.ts";
import type { Filter, FilterOf, RoutingTable } from "./table.ts";
import { compileXPath } from "./xpath-filter.ts";

/** Whether a filter matches, or why that cannot be said, which counts as no. */
export type Verdict = boolean | { reason: string };

export interface CompiledFilter {
  name: string;
  /** Whether it looks at the body, which a table that routes on headers only may not. */
  readsBody: boolean;
  keys: KeyOptions;
  /** Whether the keys say all: a message that has one of them matches, and need not be judged. */
  isSaidByKeys?: boolean;
  /** Of a Not: it matches just when the message has none of these keys, and has the parts that they are about. */
  unless?: readonly FilterKey[];
  judge: (view: MessageView) => Verdict;
  /** Of a PrefixEndpointAddress: only the longest that matches counts. */
  prefix?: ComparedAddress;
}

/** A filter written in code. It must be quick, and it is asked anew for each message. */
export type CustomFilter = (view: MessageView, data: string | undefined) => boolean;

export interface CompileOptions {
  customFilters: ReadonlyMap<string, CustomFilter>;
  now: () => number;
}

/** Compiles one filter; the filters that it names are compiled already. Throws FilterFault. */
export function compileFilter(
  name: string,
  filter: Filter,
  table: RoutingTable,
  operands: ReadonlyMap<string, CompiledFilter>,
  options: CompileOptions,
): CompiledFilter {
  const parts = compileParts(filter, table, (operand) => operandOf(operand, operands), options);
  return { name, ...parts };
}

type Parts = Omit<CompiledFilter, "name">;
type FindOperand = (name: string) => CompiledFilter;

function operandOf(name: string, operands: ReadonlyMap<string, CompiledFilter>): CompiledFilter {
  const operand = operands.get(name);
  if (!operand) throw new FilterFault("", `names '${name}', which is not sound`);
  return operand;
}

function compileParts(
  filter: Filter,
  table: RoutingTable,
  find: FindOperand,
  options: CompileOptions,
): Parts {
  switch (filter.type) {
    case "MatchAll":
      return { readsBody: false, keys: [], judge: () => true };
    case "EndpointName":
      return {
        readsBody: false,
        keys: exactKeys("inbound", [], [filter.name]),
        isSaidByKeys: true,
        judge: (view) => view.inbound === filter.name,
      };
    case "Action":
      return compileAction(filter);
    case "EndpointAddress":
    case "PrefixEndpointAddress":
      return compileAddress(filter);
    case "XPath":
      return compileXPath(filter.expression, { ...table.namespaces, ...filter.namespaces }, options.now);
    case "Cel":
      return compileCel(filter.expression);
    case "Fields":
    case "Headers":
      return compilePattern(filter);
    case "CloudEvents":
      return compileEvents(filter);
    case "And":
    case "Or":
      return compileJunction(filter, filter.filters.map(find));
    case "Not": {
      const operand = find(filter.filter);
      const judge = (view: MessageView): Verdict => inverted(operand.judge(view));
      const [unless] = operand.isSaidByKeys ? operand.keys : [];
      return { readsBody: operand.readsBody, keys: [], judge, ...(unless ? { unless } : {}) };
    }
    default:
      return compileCustom(filter, options);
  }
}

function compileAction({ actions }: FilterOf<"Action">): Parts {
  const wanted = new Set(actions);
  return {
    readsBody: false,
    keys: exactKeys("action", [], actions),
    isSaidByKeys: true,
    judge: ({ action }) =>
      action === undefined ? { reason: "the message has no action" } : wanted.has(action),
  };
}

function compileAddress(filter: FilterOf<"EndpointAddress" | "PrefixEndpointAddress">): Parts {
  const wanted = toCompared(filter.address);
  const isPrefix = filter.type === "PrefixEndpointAddress";
  const compare = isPrefix ? startsWithAddress : isSameAddress;
  return {
    readsBody: false,
    keys: isPrefix
      ? wanted.path === ""
        ? []
        : [[{ source: "path", path: [], wants: { prefix: wanted.path } }]]
      : exactKeys("path", [], [wanted.path]),
    judge: ({ comparedAddress }) =>
      comparedAddress === undefined
        ? { reason: "the message has no address" }
        : compare(comparedAddress, wanted),
    ...(isPrefix ? { prefix: wanted } : {}),
  };
}

function compilePattern(filter: FilterOf<"Fields" | "Headers">): Parts {
  const isFields = filter.type === "Fields";
  const pattern = isFields ? filter.pattern : withLowerCaseKeys(filter.pattern);
  const alternatives = readPattern(pattern, "pattern");
  const matches = compileConjunctions(alternatives);
  const keys = keysOfPattern(isFields ? "json" : "headers", alternatives);
  return {
    readsBody: isFields,
    keys,
    isSaidByKeys: keys.length > 0 && isSaidByKeys(alternatives),
    judge: isFields
      ? ({ json }) => ("reason" in json ? json : matches(json.value))
      : ({ headerFields }) => matches(headerFields),
  };
}

function withLowerCaseKeys(pattern: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const lower = Object.entries(pattern).map(([name, value]): [string, unknown] => [
    name.toLowerCase(),
    value,
  ]);
  return Object.fromEntries(lower);
}

function compileEvents(filter: FilterOf<"CloudEvents">): Parts {
  const { test, keys } = compileCloudEvents(filter.filters, "filters");
  return {
    // Attributes in headers are no body; a table that routes on headers only sees no others.
    readsBody: false,
    keys,
    judge: ({ attributes }) => (attributes ? test(attributes) : { reason: "the message is no CloudEvent" }),
  };
}

function compileJunction(filter: FilterOf<"And" | "Or">, operands: readonly CompiledFilter[]): Parts {
  const isAnd = filter.type === "And";
  const ofOperands = operands.map((operand) => operand.keys);
  const keys = isAnd ? keysOfAll(ofOperands) : keysOfAny(ofOperands);
  const isOne = !isAnd || operands.length === 1;
  return {
    readsBody: operands.some(({ readsBody }) => readsBody),
    keys,
    isSaidByKeys: isOne && keys.length > 0 && operands.every((operand) => operand.isSaidByKeys),
    judge: (view) => judgeJunction(operands, isAnd, view),
  };
}

/** And stops at the first that does not match, Or at the first that does; what could not be judged counts as no, with its reason. */
function judgeJunction(operands: readonly CompiledFilter[], isAnd: boolean, view: MessageView): Verdict {
  let reason: Verdict = isAnd;
  for (const { name, judge } of operands) {
    const verdict = judge(view);
    if ((verdict === true) !== isAnd) {
      return isAnd && typeof verdict === "object" ? { reason: `${name}: ${verdict.reason}` } : !isAnd;
    }
    if (!isAnd && typeof verdict === "object") reason = { reason: `${name}: ${verdict.reason}` };
  }
  return reason;
}

/** What cannot be judged does not match, and neither does its opposite: a broken message must not go where `Not` leads. */
function inverted(verdict: Verdict): Verdict {
  return typeof verdict === "boolean" ? !verdict : verdict;
}

function compileCustom(filter: FilterOf<"Custom">, { customFilters }: CompileOptions): Parts {
  const custom = customFilters.get(filter.name);
  if (!custom) {
    const known = [...customFilters.keys()].join(", ") || "none";
    throw new FilterFault("name", `no custom filter '${filter.name}' is registered; there are: ${known}`);
  }
  return {
    readsBody: false,
    keys: [],
    judge: (view) => {
      try {
        return custom(view, filter.data);
      } catch (error) {
        return {
          reason: `the custom filter failed: ${error instanceof Error ? error.message : String(error)}`,
        };
      }
    },
  };
}
