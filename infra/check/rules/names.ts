import { builtIns, namespaces } from "../evaluate/call.ts";
import type { Findings } from "../finding.ts";
import { suggest } from "../nearest-name.ts";
import type { Declaration, Expression, SourceFile, TypeExpression } from "../syntax/tree.ts";
import { expressionsIn, typesIn, visit } from "./visit.ts";

/** Reports names that nothing declares, that are declared twice, and that nothing uses. */
export function checkNames(file: SourceFile, findings: Findings): void {
  const declared = new Map<string, Declaration>();
  const outputs = new Set<string>();
  for (const one of file.declarations) {
    const twice = one.kind === "output" ? outputs.has(one.name) : declared.has(one.name);
    if (twice) findings.report(one.at, `"${one.name}" is declared twice`);
    if (one.kind === "output") outputs.add(one.name);
    else declared.set(one.name, one);
  }
  const used = new Set<string>();
  const known = new Set([...declared.keys(), ...nestedNames(file)]);
  for (const one of file.declarations) {
    for (const expression of expressionsIn(one)) {
      checkExpression(expression, known, used, findings);
      if (file.targetScope !== "resourceGroup") checkGroup(expression, findings);
    }
    for (const type of typesIn(one)) checkType(type, declared, used, findings);
  }
  for (const one of declared.values()) if (!used.has(one.name)) reportUnused(one, findings);
}

function reportUnused(one: Declaration, findings: Findings): void {
  const needsUse =
    ["param", "var", "type", "import"].includes(one.kind) || (one.kind === "resource" && one.existing);
  if (!needsUse || one.decorators.some(({ name }) => name === "export")) return;
  findings.report(one.at, `${one.kind} "${one.name}" is used nowhere`);
}

/** Nested resources can be named inside the one that holds them; where, is not looked at. */
function nestedNames(file: SourceFile): string[] {
  const names: string[] = [];
  for (const one of file.declarations)
    for (const expression of expressionsIn(one))
      visit(expression, new Set(), (inner) => {
        if (inner.kind === "object") names.push(...inner.nested.map(({ name }) => name));
      });
  return names;
}

function checkExpression(
  expression: Expression,
  known: ReadonlySet<string>,
  used: Set<string>,
  findings: Findings,
): void {
  visit(expression, new Set(), (inner, locals) => {
    const exists = (name: string) => locals.has(name) || known.has(name);
    if (inner.kind === "name") {
      if (!locals.has(inner.name)) used.add(inner.name);
      if (!exists(inner.name) && !namespaces.has(inner.name))
        findings.report(
          inner.at,
          `nothing is called "${inner.name}": ${suggest(inner.name, [...locals, ...known])}`,
        );
    }
    if (inner.kind !== "call") return;
    const ofNamespace = inner.target?.kind === "name" && namespaces.has(inner.target.name);
    if (inner.target && !ofNamespace) return;
    if (!inner.target) used.add(inner.name);
    if (!Object.hasOwn(builtIns, inner.name) && !known.has(inner.name))
      findings.report(
        inner.at,
        `there is no function "${inner.name}": ${suggest(inner.name, [...Object.keys(builtIns), ...known])}`,
      );
  });
}

/** Above a resource group there is none to speak of. */
function checkGroup(expression: Expression, findings: Findings): void {
  visit(expression, new Set(), (inner) => {
    if (inner.kind === "call" && inner.name === "resourceGroup" && inner.args.length === 0)
      findings.report(inner.at, "resourceGroup() is known only where targetScope is 'resourceGroup'");
  });
}

function checkType(
  type: TypeExpression,
  declared: ReadonlyMap<string, Declaration>,
  used: Set<string>,
  findings: Findings,
): void {
  if (type.kind === "array") checkType(type.item, declared, used, findings);
  if (type.kind === "nullable") checkType(type.type, declared, used, findings);
  if (type.kind === "union") for (const option of type.options) checkType(option, declared, used, findings);
  if (type.kind === "object")
    for (const member of type.members) checkType(member.type, declared, used, findings);
  if (type.kind !== "named") return;
  const name = type.of ?? type.name;
  used.add(name);
  const meant = declared.get(name);
  if (meant?.kind === "type" || meant?.kind === "import") return;
  const types = [...declared.values()].filter(({ kind }) => kind === "type" || kind === "import");
  findings.report(
    type.at,
    `there is no type "${name}": ${suggest(
      name,
      types.map((one) => one.name),
    )}`,
  );
}
