import { celEnv, parse, plan, type CelInput } from "@bufbuild/cel";
import { Engine, type NestedCondition, type RuleProperties } from "json-rules-engine";
import { compileTable } from "../../shared/routing/compile-table.ts";
import { matchMessage } from "../../shared/routing/match.ts";
import { MessageView } from "../../shared/routing/message-view.ts";
import type { Filter, RoutingTable } from "../../shared/routing/table.ts";
import { toCel, toPattern, toPredicate, type Condition, type Event } from "./condition.ts";

/** Something that tells which rules an event fits, from its text. */
export interface Contender {
  name: string;
  /** How many rules the event fits. */
  match: (text: string) => number | Promise<number>;
}

export type MakeContender = (rules: readonly Condition[]) => Contender;

/** JSON.parse and nothing else: nobody who starts from text can be quicker. */
export const parseOnly: MakeContender = () => ({
  name: "JSON.parse alone",
  match: (text) => (readEvent(text).type === "" ? 1 : 0),
});

/** A table as people write it, matched as the router does. */
export const ours: MakeContender = (rules) => {
  const compiled = compileTable(toTable(rules), { customFilters: new Map(), now: Date.now });
  if ("faults" in compiled) throw new Error(compiled.faults[0]?.message);
  const headers = { "content-type": "application/json" };
  return {
    name: "interrole",
    match: (body) => {
      const match = matchMessage(compiled, new MessageView({ inbound: "events", headers, body }));
      return match.outcome === "matched" ? (match.branches[0]?.entries.length ?? 0) : 0;
    },
  };
};

export const predicates: MakeContender = (rules) => {
  const tests = rules.map(toPredicate);
  return {
    name: "predicates by hand",
    match: (text) => {
      const event = readEvent(text);
      let matched = 0;
      for (const test of tests) if (test(event)) matched += 1;
      return matched;
    },
  };
};

export const cel: MakeContender = (rules) => {
  const environment = celEnv();
  const programs = rules.map((rule) => plan(environment, parse(toCel(rule))));
  return {
    name: "CEL, rule by rule",
    match: (text) => {
      const body: CelInput = JSON.parse(text);
      const bindings = { body };
      let matched = 0;
      for (const program of programs) if (program(bindings) === true) matched += 1;
      return matched;
    },
  };
};

/** The fields are given as facts of their own: looking them up by JSONPath would cost it more. */
export const jsonRulesEngine: MakeContender = (rules) => {
  const engine = new Engine(rules.map(toEngineRule), { allowUndefinedFacts: true });
  engine.addOperator<string, string>("startsWith", (value, text) => value.startsWith(text));
  engine.addOperator<string, string>("endsWith", (value, text) => value.endsWith(text));
  return {
    name: "json-rules-engine",
    match: async (text) => {
      const { type, source, subject, data } = readEvent(text);
      const facts: Record<string, unknown> = { type, source, subject };
      for (const [key, value] of Object.entries(data)) facts[`data.${key}`] = value;
      return (await engine.run(facts)).results.length;
    },
  };
};

function readEvent(text: string): Event {
  const event: Event = JSON.parse(text);
  return event;
}

function toEngineRule(condition: Condition): RuleProperties {
  const conditions = toEngineCondition(condition);
  return {
    conditions:
      "all" in conditions || "any" in conditions || "not" in conditions ? conditions : { all: [conditions] },
    event: { type: "matched" },
  };
}

function toEngineCondition(condition: Condition): NestedCondition {
  switch (condition.op) {
    case "equals":
      return { fact: condition.field, operator: "equal", value: condition.value };
    case "prefix":
      return { fact: condition.field, operator: "startsWith", value: condition.text };
    case "suffix":
      return { fact: condition.field, operator: "endsWith", value: condition.text };
    case "range":
      return {
        all: [
          { fact: condition.field, operator: "greaterThanInclusive", value: condition.from },
          { fact: condition.field, operator: "lessThan", value: condition.below },
        ],
      };
    case "not":
      return { not: toEngineCondition(condition.of) };
    case "all":
      return { all: condition.of.map(toEngineCondition) };
    default:
      return { any: condition.of.map(toEngineCondition) };
  }
}

function toTable(rules: readonly Condition[]): RoutingTable {
  const filters: Record<string, Filter> = {};
  let named = 0;
  const addFilter = (condition: Condition): string => {
    const filter = toFilter(condition, addFilter);
    const name = `f${(named += 1)}`;
    filters[name] = filter;
    return name;
  };
  const entries = rules.map((rule) => ({
    filter: addFilter(rule),
    endpoint: "sink",
    priority: 0,
    backupOnFault: false,
  }));
  return {
    name: "bench",
    routeOnHeadersOnly: false,
    soapProcessingEnabled: true,
    namespaces: {},
    inbound: { events: { exchange: "one-way" } },
    endpoints: { sink: { address: "queue:sink", exchange: "one-way", timeoutMs: 30_000 } },
    choices: {},
    filters,
    backupLists: {},
    entries,
  };
}

function toFilter(condition: Condition, addFilter: (condition: Condition) => string): Filter {
  switch (condition.op) {
    case "all":
      return { type: "And", filters: condition.of.map(addFilter) };
    case "any":
      return { type: "Or", filters: condition.of.map(addFilter) };
    case "not":
      return { type: "Not", filter: addFilter(condition.of) };
    default:
      return { type: "Fields", pattern: toPattern(condition) };
  }
}
