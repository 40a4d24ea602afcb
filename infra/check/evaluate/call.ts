import type { Expression } from "../syntax/tree.ts";
import { azureFunctions } from "./azure-functions.ts";
import { fileFunctions } from "./file-functions.ts";
import { listFunctions } from "./list-functions.ts";
import type { BuiltIn } from "./built-in.ts";
import { withLocals, type Scope } from "./scope.ts";
import { textFunctions } from "./text-functions.ts";
import { forEachOption, unknownValue, type Value } from "./value.ts";

type Evaluate = (expression: Expression, scope: Scope) => Value;

/** Every function that Bicep has, by name. */
export const builtIns: Readonly<Record<string, BuiltIn>> = {
  ...textFunctions,
  ...listFunctions,
  ...azureFunctions,
  ...fileFunctions,
};

/** The namespaces that the functions have, for those who write them out. */
export const namespaces = new Set(["az", "sys"]);

/** Calls a function of Bicep or of the file. One that is unknown has been reported by the check of names. */
export function callFunction(
  { at, name, target, args }: Extract<Expression, { kind: "call" }>,
  scope: Scope,
  evaluate: Evaluate,
): Value {
  const given = args.map((argument) => evaluate(argument, scope));
  const isNamespace = target?.kind === "name" && namespaces.has(target.name);
  const own = scope.findFunction(target?.kind === "name" ? `${target.name}.${name}` : name);
  if (own) {
    const { declaration } = own;
    if (given.length !== declaration.parameters.length)
      scope.world.findings.report(
        at,
        `${name} takes ${declaration.parameters.length} arguments, and gets ${given.length}`,
      );
    const locals = declaration.parameters.map(({ name }, index): [string, Value] => [
      name,
      given[index] ?? unknownValue(name),
    ]);
    return evaluate(declaration.body, withLocals(own.scope, new Map(locals)));
  }
  if (target !== undefined && !isNamespace) {
    evaluate(target, scope);
    return unknownValue(`${name}()`);
  }
  const builtIn = Object.hasOwn(builtIns, name) ? builtIns[name] : undefined;
  if (!builtIn) return unknownValue(`${name}()`);
  const { min, max, returns, run } = builtIn;
  if (given.length < min || given.length > max) {
    const wanted = min === max ? `${min}` : `${min} to ${max === Infinity ? "any number of" : max}`;
    scope.world.findings.report(at, `${name} takes ${wanted} arguments, and gets ${given.length}`);
  }
  const unknown = unknownValue(`${name}()`, returns);
  return run ? forEachOption(given, (options) => run(options, { at, scope, unknown }) ?? unknown) : unknown;
}
