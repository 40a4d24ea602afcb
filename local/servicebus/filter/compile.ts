import type { Action, FilterDescription, Matcher, PropertyValue } from "../model.ts";
import { compileStatements } from "./compile-action.ts";
import { compileCondition } from "./compile-condition.ts";
import { compileCorrelation } from "./correlation.ts";
import { parseAction, parseFilter } from "./sql-syntax.ts";

export { FilterError } from "./filter-error.ts";

/** What clients write for "every message"; known here so that it costs no parser. */
const alwaysTrue = "1=1";

/** Makes a filter ready to run. Throws BrokerError when its text is not valid; running it may throw FilterError. */
export function compileFilter(filter: FilterDescription): Matcher {
  switch (filter.kind) {
    case "true":
      return () => true;
    case "false":
      return () => false;
    case "correlation":
      return compileCorrelation(filter);
    default:
      return compileSqlFilter(filter.expression, filter.parameters);
  }
}

function compileSqlFilter(text: string, parameters?: ReadonlyMap<string, PropertyValue>): Matcher {
  if (text.trim() === alwaysTrue) return () => true;
  const condition = compileCondition(parseFilter(text), {
    what: "filter",
    parameters: byBareName(parameters),
  });
  return (message) => condition(message) === true;
}

/** Makes an action ready to run. Throws BrokerError when its text is not valid; running it may throw FilterError. */
export function compileAction(text: string, parameters?: ReadonlyMap<string, PropertyValue>): Action {
  return compileStatements(parseAction(text), { what: "action", parameters: byBareName(parameters) });
}

/** Clients name parameters with and without `@`, in any case. */
function byBareName(parameters: ReadonlyMap<string, PropertyValue> = new Map()): Map<string, PropertyValue> {
  return new Map([...parameters].map(([name, value]) => [name.replace("@", "").toLowerCase(), value]));
}
