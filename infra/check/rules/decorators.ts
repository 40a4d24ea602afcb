import type { Findings } from "../finding.ts";
import { suggest } from "../nearest-name.ts";
import type { Declaration, Decorator, SourceFile, TypeExpression } from "../syntax/tree.ts";

const known = [
  "allowed",
  "batchSize",
  "description",
  "discriminator",
  "export",
  "maxLength",
  "maxValue",
  "metadata",
  "minLength",
  "minValue",
  "onlyIfNotExists",
  "retryOn",
  "sealed",
  "secure",
  "waitUntil",
];

const described = new Set(["param", "output", "type"]);

/** Parameters, outputs, types and their members say what they are; and no decorator is misspelt. */
export function checkDecorators(file: SourceFile, findings: Findings): void {
  for (const one of file.declarations) {
    checkSpelling(one.decorators, findings);
    if (described.has(one.kind) && !isDescribed(one))
      findings.report(one.at, `${one.kind} "${one.name}" has no @description`);
    if (one.kind === "type") checkMembers(one.type, one.name, findings);
  }
}

function checkMembers(type: TypeExpression, of: string, findings: Findings): void {
  if (type.kind === "array") checkMembers(type.item, of, findings);
  if (type.kind !== "object") return;
  for (const member of type.members) {
    checkSpelling(member.decorators, findings);
    if (!isDescribed(member))
      findings.report(member.at, `"${member.name}" of the type "${of}" has no @description`);
    checkMembers(member.type, member.name, findings);
  }
}

function checkSpelling(decorators: readonly Decorator[], findings: Findings): void {
  for (const { at, name } of decorators)
    if (!known.includes(name)) findings.report(at, `there is no decorator @${name}: ${suggest(name, known)}`);
}

const isDescribed = ({ decorators }: Pick<Declaration, "decorators">): boolean =>
  decorators.some(({ name }) => name === "description");
