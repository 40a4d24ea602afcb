import { celEnv, isCelError, parse, plan, type CelInput } from "@bufbuild/cel";
import { reasonOf } from "../kernel/log.ts";
import { keysOfCel } from "./cel-keys.ts";
import { shapeOf, type CelShape } from "./cel-shape.ts";
import { FilterFault } from "./filter-fault.ts";
import type { KeyOptions } from "./filter-key.ts";
import { routingLimits as limits } from "./limits.ts";
import type { MessageView } from "./message-view.ts";

/** What an expression may name. `body` is the JSON body, `event` the context attributes of a CloudEvent. */
const variables = ["headers", "body", "action", "address", "inbound", "event"] as const;
const typeNames = [
  "bool",
  "bytes",
  "double",
  "int",
  "list",
  "map",
  "null_type",
  "string",
  "type",
  "uint",
  "google",
];
const charactersPerCost = 1_000;

const environment = celEnv();

export interface CelFilter {
  readsBody: boolean;
  /** What a message must have for the expression to come to true. */
  keys: KeyOptions;
  judge: (view: MessageView) => boolean | { reason: string };
}

/** Compiles a CEL expression. It matches when it comes to true; an error while it runs (a field that is not there, say) is no match. Throws FilterFault. */
export function compileCel(expression: string): CelFilter {
  const parsed = parseOrFault(expression);
  const shape = shapeOf(parsed);
  checkShape(shape);
  const evaluate = plan(environment, parsed);
  const readsBody = shape.variables.has("body");
  return {
    readsBody,
    keys: keysOfCel(parsed.expr),
    judge: (view) => {
      const body = readsBody ? view.json : { value: null };
      if ("reason" in body) return body;
      if (shape.macroDepth > 0 && costOf(body.value, shape) > limits.maxCelCost) {
        return { reason: "the message is too long for a macro of the expression" };
      }
      return verdictOf(() => evaluate(bind(view, body.value, shape)));
    },
  };
}

function parseOrFault(expression: string): ReturnType<typeof parse> {
  try {
    return parse(expression);
  } catch (error) {
    throw new FilterFault("expression", `is no CEL expression: ${reasonOf(error)}`);
  }
}

function checkShape({ variables: used, functions, macroDepth }: CelShape): void {
  const known = new Set<string>([...variables, ...typeNames]);
  for (const name of used) {
    if (!known.has(name))
      throw new FilterFault("expression", `uses '${name}'; there are ${variables.join(", ")}`);
  }
  for (const name of functions) {
    // Operators and what macros are made of have names that nobody can write.
    if (/^[A-Za-z]\w*$/.test(name) && !environment.funcs.find(name)) {
      throw new FilterFault("expression", `calls ${name}(), which does not exist`);
    }
  }
  if (macroDepth > limits.maxCelMacroDepth) {
    throw new FilterFault(
      "expression",
      `has macros in each other deeper than ${limits.maxCelMacroDepth} levels`,
    );
  }
}

function verdictOf(run: () => unknown): boolean | { reason: string } {
  try {
    const result = run();
    if (typeof result === "boolean") return result;
    if (isCelError(result)) return { reason: `the expression failed: ${result.message}` };
    return { reason: "the expression came to neither true nor false" };
  } catch (error) {
    return { reason: `the expression failed: ${reasonOf(error)}` };
  }
}

function bind(view: MessageView, body: unknown, { variables: used }: CelShape): Record<string, CelInput> {
  const input: Record<string, CelInput> = {};
  if (used.has("headers")) input["headers"] = view.headers;
  if (used.has("body") && isCelInput(body)) input["body"] = body;
  if (used.has("action")) input["action"] = view.action ?? "";
  if (used.has("address")) input["address"] = view.address ?? "";
  if (used.has("inbound")) input["inbound"] = view.inbound;
  if (used.has("event")) input["event"] = view.attributes ?? new Map<string, string>();
  return input;
}

/** Whatever was read from JSON is a value of CEL. */
function isCelInput(value: unknown): value is CelInput {
  return value !== undefined;
}

/** What running over this message may cost: the longest list for each level of macros, and the longest text for what they do with it. */
function costOf(body: unknown, { macroDepth, additions }: CelShape): number {
  let [longestList, longestText] = [1, 0];
  const open: unknown[] = [body];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === "string") longestText = Math.max(longestText, value.length);
    if (typeof value !== "object" || value === null) continue;
    const items: unknown[] = Object.values(value);
    longestList = Math.max(longestList, items.length);
    for (const item of items) open.push(item);
  }
  return (longestList * (1 + additions)) ** macroDepth * Math.max(1, longestText / charactersPerCost);
}
