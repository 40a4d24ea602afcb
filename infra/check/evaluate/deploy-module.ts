import { posix } from "node:path";
import { suggest } from "../nearest-name.ts";
import type { Expression, Module, Output, Parameter, SourceFile } from "../syntax/tree.ts";
import type { Findings } from "../finding.ts";
import { checkValue } from "../types/check-value.ts";
import type { SchemaType } from "../types/schema-type.ts";
import { mustHaveValue } from "./parameters.ts";
import { deployBody, propertyOf } from "./deploy-resource.ts";
import { evaluate } from "./expression.ts";
import type { Scope } from "./scope.ts";
import { unknownValue, type Value } from "./value.ts";

/** A module's own scope, made of its file and what it is given. */
export interface ModuleScope {
  readonly run: () => void;
  readonly parameterType: (name: string) => SchemaType | undefined;
  readonly output: (name: string) => Value | undefined;
  readonly outputType: (name: string) => SchemaType | undefined;
}

type Open = (source: SourceFile, args: ReadonlyMap<string, Value> | undefined) => ModuleScope;

/** Deploys a module, or each of a loop: checks what it is given, and gives what its outputs stand for. */
export function deployModule(module: Module, scope: Scope, open: Open): Value {
  const path = posix.join(posix.dirname(scope.path), module.path);
  const source = scope.world.source(path);
  if (!source) {
    if (!/^(br|ts)[:/]/.test(module.path))
      scope.world.findings.report(module.at, `there is no Bicep file ${path}`);
    return unknownValue(module.name);
  }
  return deployBody(module.body, scope, true, (body, inner, wanted) =>
    deployOne({ module, source, open, scope: inner, wanted }, body),
  );
}

interface Deployment {
  readonly module: Module;
  readonly source: SourceFile;
  readonly open: Open;
  readonly scope: Scope;
  readonly wanted: boolean;
}

const allowedInModule = ["name", "params", "scope", "dependsOn", "identity"];

function deployOne({ module, source, open, scope, wanted }: Deployment, body: Expression): Value {
  const { findings, follow } = scope.world;
  const value = evaluate(body, scope);
  if (value.kind === "object")
    for (const [key, { at }] of value.entries)
      if (!allowedInModule.includes(key))
        findings.report(at, `"${key}" is no property of a module: ${suggest(key, allowedInModule)}`);
  const args = checkArguments(propertyOf(value, "params"), module, source, scope);
  const child = open(source, follow ? args : undefined);
  checkTypes(propertyOf(value, "params"), child, findings);
  if (follow && wanted) child.run();
  const outputs = source.declarations.filter((one) => one.kind === "output");
  return moduleValue(module.name, outputs, (name) =>
    follow && wanted ? child.output(name) : declared(module, child, name),
  );
}

/** Of a module that is not followed, or not deployed, the types of its outputs are known. */
function declared({ name: module }: Module, child: ModuleScope, output: string): Value | undefined {
  const type = child.outputType(output);
  return type && unknownValue(`${module}.outputs.${output}`, type);
}

function moduleValue(
  name: string,
  outputs: readonly Output[],
  read: (output: string) => Value | undefined,
): Value {
  const all: Value = {
    kind: "unknown",
    about: `${name}.outputs`,
    type: {
      kind: "object",
      name: "outputs",
      properties: new Map(
        outputs.map((output) => [output.name, { type: { kind: "any" }, required: false, readOnly: true }]),
      ),
      others: undefined,
    },
    members: read,
  };
  const members = (member: string) => (member === "outputs" ? all : undefined);
  return { ...unknownValue(name), members };
}

function checkTypes(given: Value | undefined, child: ModuleScope, findings: Findings): void {
  if (given?.kind !== "object") return;
  for (const [name, { at, value }] of given.entries) {
    const type = child.parameterType(name);
    if (type) checkValue(value, type, { at, path: name, findings });
  }
}

/** Reports parameters that the module does not have, and those that it needs and does not get. */
function checkArguments(
  given: Value | undefined,
  module: Module,
  source: SourceFile,
  scope: Scope,
): ReadonlyMap<string, Value> | undefined {
  const { findings } = scope.world;
  const parameters = source.declarations.filter((one): one is Parameter => one.kind === "param");
  if (given !== undefined && given.kind !== "object") return undefined;
  const entries = given?.entries ?? new Map<string, { at: Module["at"]; value: Value }>();
  const names = parameters.map(({ name }) => name);
  for (const [name, { at }] of entries)
    if (!names.includes(name))
      findings.report(at, `${source.path} has no parameter "${name}": ${suggest(name, names)}`);
  const at = given?.at ?? module.at;
  if (!given?.open)
    for (const parameter of parameters)
      if (mustHaveValue(parameter) && !entries.has(parameter.name))
        findings.report(at, `the parameter "${parameter.name}" of ${source.path} is missing`);
  return new Map([...entries].map(([name, { value }]) => [name, value]));
}
