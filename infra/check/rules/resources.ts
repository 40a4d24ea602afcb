import type { Deployed } from "../evaluate/deployed.ts";
import type { Value } from "../evaluate/value.ts";
import type { Findings } from "../finding.ts";
import { suggest } from "../nearest-name.ts";
import type { ResourceTypes } from "../types/from-notation.ts";
import { checkValue } from "../types/check-value.ts";

/** What Bicep itself reads of a resource's body, and does not send. */
const ofBicep = new Set(["parent", "scope", "dependsOn"]);
const inExisting = new Set(["name", "parent", "scope"]);

/** Compares a resource with Microsoft's schema of it. */
export function checkResource(resource: Deployed, types: ResourceTypes, findings: Findings): void {
  const { at, type, apiVersion, schema, existing, body } = resource;
  if (!schema) {
    findings.report(
      at,
      `there is no schema of the resource type "${type}": ${suggest(type, types.names())}; if it is new here, add it to infra/check/schema/wanted.json and run npm run infra:schema`,
    );
    return;
  }
  if (schema.type !== type) findings.report(at, `the resource type is written "${schema.type}"`);
  if (!schema.apiVersions.includes(apiVersion))
    findings.report(
      at,
      `there is no schema of ${type} in the version "${apiVersion}": ${suggest(apiVersion, schema.apiVersions)}`,
    );
  checkPlace(resource, findings);
  if (body.kind !== "object") return;
  if (schema.scopes.includes("Extension") && !body.entries.has("scope"))
    findings.report(at, `${type} belongs to another resource: scope must name it`);
  if (existing) {
    if (!body.entries.has("name")) findings.report(at, "name is missing, and required");
    for (const [key, entry] of body.entries)
      if (!inExisting.has(key))
        findings.report(entry.at, `an existing resource takes name, parent and scope, and no "${key}"`);
    return;
  }
  const sent = [...body.entries].filter(([key]) => !ofBicep.has(key));
  checkValue({ ...body, entries: new Map(sent) }, schema.body, { at, path: "", findings });
}

/** A child needs its parent; and only what is made to extend others is put on another resource. */
function checkPlace({ at, type, name, schema, body }: Deployed, findings: Findings): void {
  const segments = type.split("/").length - 1;
  const names = name.split("/").length;
  if (names !== segments)
    findings.report(
      at,
      `the name "${name}" has ${names} parts, and the type ${type} needs ${segments}: is parent missing?`,
    );
  const extending = schema?.scopes.some((scope) => scope === "Extension" || scope.startsWith("All"));
  const scope = body.kind === "object" ? body.entries.get("scope") : undefined;
  if (scope && !extending && isResource(scope.value))
    findings.report(scope.at, `${type} cannot be put on another resource; a child names its parent`);
  checkParent(type, body, findings);
}

function checkParent(type: string, body: Value, findings: Findings): void {
  const parent = body.kind === "object" ? body.entries.get("parent") : undefined;
  if (parent?.value.kind !== "unknown" || !parent.value.resource) return;
  const wanted = type.split("/").slice(0, -1).join("/");
  const given = parent.value.resource.type;
  if (given !== wanted)
    findings.report(parent.at, `the parent of ${type} is a ${wanted}, and this is a ${given}`);
}

const isResource = (value: Value): boolean => value.kind === "unknown" && value.resource !== undefined;
