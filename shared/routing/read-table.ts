import { parseJsonText, parseValue, maxToldFaults } from "../kernel/parse.ts";
import { Problem, type InputFault } from "../kernel/problem.ts";
import { checkTable, type TableRules } from "./check-table.ts";
import type { CompileOptions } from "./compile-filter.ts";
import { compileInSteps, compileTable, type Compilation, type CompiledTable } from "./compile-table.ts";
import { applyOverlay, type Overlay } from "./overlay.ts";
import { tableSchema, type RoutingTable } from "./table.ts";

export interface ReadRules extends TableRules, CompileOptions {
  /** The addresses of this environment, if it has its own. */
  overlay?: Overlay;
}

/** Reads a table from JSON text. Throws Problem `invalid-request` that names every place that is wrong, and what is allowed there. */
export function readTable(text: string, rules: ReadRules): CompiledTable {
  return acceptTable(parseValue(tableSchema, parseJsonText(text, "routing table"), "routing table"), rules);
}

/** Checks and compiles a table of sound form, with the addresses of the environment in it. Throws Problem `invalid-request`. */
export function acceptTable(table: RoutingTable, rules: ReadRules): CompiledTable {
  const { laid, faults } = layAndCheck(table, rules);
  return judge(faults, compileTable(laid, rules));
}

/** Like acceptTable, and waits for `pause` between its steps: checking, some tenths of a second for 10,000 entries, then a few filters at a time. */
export async function acceptInSteps(
  table: RoutingTable,
  rules: ReadRules,
  pause: () => Promise<void>,
): Promise<CompiledTable> {
  await pause();
  const { laid, faults } = layAndCheck(table, rules);
  const steps = compileInSteps(laid, rules);
  let step = steps.next();
  for (; !step.done; step = steps.next()) await pause();
  return judge(faults, step.value);
}

function layAndCheck(table: RoutingTable, rules: ReadRules): { laid: RoutingTable; faults: InputFault[] } {
  const laid = rules.overlay ? applyOverlay(table, rules.overlay) : table;
  if ("faults" in laid) return refuse("addresses", laid.faults);
  return { laid, faults: checkTable(laid, rules) };
}

function judge(faults: readonly InputFault[], compiled: Compilation): CompiledTable {
  if ("faults" in compiled) return refuse("routing table", [...faults, ...compiled.faults]);
  return faults.length > 0 ? refuse("routing table", faults) : compiled;
}

function refuse(what: string, faults: readonly InputFault[]): never {
  const errors = faults.slice(0, maxToldFaults);
  const told = errors.map(({ path, message }) => `${path}: ${message}`);
  if (faults.length > errors.length) told.push(`and ${faults.length - errors.length} more`);
  throw new Problem("invalid-request", `The ${what} is not valid: ${told.join("; ")}`, { errors });
}
