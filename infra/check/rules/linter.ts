import type { Findings } from "../finding.ts";
import { plainText } from "../syntax/read-text.ts";
import type { Declaration, Expression, Module, Resource, SourceFile } from "../syntax/tree.ts";
import { expressionsIn, visit } from "./visit.ts";

/** Rules of Bicep's linter that a reader of one file can decide, under their names. The others need the compiler. */
export function checkAsLinter(file: SourceFile, findings: Findings): void {
  checkCounts(file, findings);
  for (const one of file.declarations) {
    if (one.kind === "param") checkParameter(one, findings);
    if (one.kind === "module") checkModule(one, findings);
    if (one.kind === "resource") checkResourceBody(one, findings);
    for (const expression of expressionsIn(one))
      visit(expression, new Set(), (inner) => checkExpression(inner, one, findings));
  }
}

/** What Resource Manager takes in one template. */
const limits = { param: 256, var: 512, output: 64, resource: 800 } as const;

function checkCounts({ path, declarations }: SourceFile, findings: Findings): void {
  for (const [kind, max] of Object.entries(limits)) {
    const count = declarations.filter((one) => one.kind === kind).length;
    if (count > max)
      findings.report(
        { file: path, line: 1, column: 1 },
        `max-${kind}s: there are ${count}, and at most ${max} are allowed`,
      );
  }
}

function checkParameter(
  { at, name, decorators, fallback }: Extract<Declaration, { kind: "param" }>,
  findings: Findings,
): void {
  const secure = decorators.some((decorator) => decorator.name === "secure");
  const generated = fallback?.kind === "call" && fallback.name === "newGuid";
  const empty = fallback?.kind === "text" && fallback.parts.length === 0;
  if (secure && fallback && !generated && !empty)
    findings.report(
      at,
      `secure-parameter-default: the secret "${name}" has a default that everybody can read`,
    );
}

function checkModule({ body, name }: Module, findings: Findings): void {
  for (const { key, at } of propertiesOf(body))
    if (key === "name")
      findings.report(
        at,
        `no-module-name: the module "${name}" needs no name, and two deployments at once would meet under one`,
      );
}

function checkResourceBody({ body, existing }: Resource, findings: Findings): void {
  if (existing) return;
  for (const { key, at, value } of propertiesOf(body)) {
    const text = plainText(value);
    if (key === "location" && text !== undefined && text !== "global")
      findings.report(
        at,
        `no-hardcoded-location: the location is always '${text}'; take it from a parameter`,
      );
  }
}

/** The properties of a body, from within its loop and condition. */
function propertiesOf(body: Expression) {
  let inner = body;
  while (inner.kind === "for" || inner.kind === "if") inner = inner.body;
  return inner.kind === "object" ? inner.properties : [];
}

const identifier = /^[A-Za-z_]\w*$/;

function checkExpression(inner: Expression, of: Declaration, findings: Findings): void {
  if (inner.kind === "object")
    for (const { at, key, quoted } of inner.properties)
      if (quoted && key !== undefined && identifier.test(key))
        findings.report(at, `prefer-unquoted-property-names: ${key} needs no quotes`);
  if (inner.kind === "object") reportDoubles(inner.properties, findings);
  if (
    inner.kind === "text" &&
    inner.parts.length === 1 &&
    typeof inner.parts[0] !== "string" &&
    !isKey(inner, of)
  )
    findings.report(inner.at, "simplify-interpolation: the expression alone says the same");
  if (
    inner.kind === "member" &&
    inner.name === "location" &&
    of.kind !== "param" &&
    isCall(inner.of, "resourceGroup", "deployment")
  )
    findings.report(inner.at, "no-loc-expr-outside-params: only the default of a parameter may say so");
  if (inner.kind !== "call" || inner.target) return;
  if (inner.name === "concat" && inner.args.every(({ kind }) => kind === "text"))
    findings.report(inner.at, "prefer-interpolation: write one string with ${…} in it");
  if (inner.name === "any") findings.report(inner.at, "no-explicit-any: any() turns the check of types off");
  if (inner.name === "json" && inner.args.some((argument) => plainText(argument) === "null"))
    findings.report(inner.at, "simplify-json-null: write null");
  if ((inner.name === "newGuid" || inner.name === "utcNow") && of.kind !== "param")
    findings.report(
      inner.at,
      `${inner.name}() is allowed in the default of a parameter alone: elsewhere each deployment would give other names`,
    );
}

function reportDoubles(
  properties: Extract<Expression, { kind: "object" }>["properties"],
  findings: Findings,
): void {
  const keys = new Set<string>();
  for (const { key, at } of properties) {
    if (key !== undefined && keys.has(key)) findings.report(at, `"${key}" is there twice`);
    if (key !== undefined) keys.add(key);
  }
}

/** A key that is an expression can only be written as a string. */
function isKey(text: Expression, of: Declaration): boolean {
  let found = false;
  for (const expression of expressionsIn(of))
    visit(expression, new Set(), (inner) => {
      found ||=
        inner.kind === "object" && inner.properties.some(({ keyExpression }) => keyExpression === text);
    });
  return found;
}

const isCall = (expression: Expression, ...names: string[]) =>
  expression.kind === "call" && names.includes(expression.name);
