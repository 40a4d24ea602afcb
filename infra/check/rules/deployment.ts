import { z } from "zod";
import type { Deployed } from "../evaluate/deployed.ts";
import { propertyOf } from "../evaluate/deploy-resource.ts";
import { asText, toJson, type Value } from "../evaluate/value.ts";
import type { Findings } from "../finding.ts";
import { appSettingsOf } from "./app-settings.ts";
import { roleNames } from "./roles.ts";

const maxPathLength = 1_024;
const hostIdLength = 32;

/** What only shows when everything is put together: names that meet, roles that nobody knows, durations that are none. */
export function checkDeployment(deployed: readonly Deployed[], findings: Findings): void {
  const byId = new Map<string, Deployed>();
  const ownRoles = new Set(
    deployed.filter(({ type }) => type === "Microsoft.Authorization/roleDefinitions").map(({ name }) => name),
  );
  for (const resource of deployed) {
    if (resource.existing) continue;
    const id = resource.id.toLowerCase();
    const other = byId.get(id);
    if (other)
      findings.report(
        resource.at,
        `"${resource.name}" (${resource.type}) is deployed twice, also at ${other.at.file}:${other.at.line}`,
      );
    byId.set(id, resource);
    if (id.length > maxPathLength)
      findings.report(resource.at, `the id of "${resource.name}" is longer than ${maxPathLength} characters`);
    checkRole(resource, ownRoles, findings);
    checkRoleDefinition(resource, findings);
    checkDurations(resource.body, findings);
  }
  checkHostIds(deployed, findings);
}

const guid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function checkRole(
  { at, type, symbol, body, scopeId }: Deployed,
  ownRoles: ReadonlySet<string>,
  findings: Findings,
): void {
  if (type !== "Microsoft.Authorization/roleAssignments") return;
  const properties = propertyOf(body, "properties");
  const id = properties && propertyOf(properties, "roleDefinitionId");
  const text = id === undefined ? "" : asText(id).text;
  const [found = ""] = guid.exec(text.toLowerCase()) ?? [];
  if (!roleNames.has(found) && !ownRoles.has(found))
    findings.report(
      at,
      `"${symbol}" assigns a role that the check does not know: ${found || text}; infra/check/rules/roles.ts lists those that may be used`,
    );
  const kind = properties && propertyOf(properties, "principalType");
  const allowed = ["User", "Group", "ServicePrincipal"];
  if (kind?.kind === "text" && !allowed.includes(kind.text))
    findings.report(at, `principalType is '${kind.text}'; allowed: ${allowed.join(", ")}`);
  if (kind === undefined)
    findings.report(
      at,
      `"${symbol}" has no principalType: Azure may not find an identity that was just made`,
    );
  if (scopeId === undefined)
    findings.report(
      at,
      `"${symbol}" gives its role on the whole resource group: scope it to the resource that it is needed on`,
    );
}

/** A role of our own allows what it names, and never everything of a kind. */
function checkRoleDefinition({ at, type, symbol, body, existing }: Deployed, findings: Findings): void {
  if (type !== "Microsoft.Authorization/roleDefinitions" || existing) return;
  const wide = /"((?:data)?actions)":\[[^\]]*\*[^\]]*\]/i.exec(JSON.stringify(toJson(body)));
  if (wide) findings.report(at, `"${symbol}" allows whole groups of actions: ${wide[0]}`);
}

const iso = z.iso.duration();
const durationName = /duration|timetolive|frequency|windowsize|timewindow|autodeleteonidle/i;

function checkDurations(value: Value, findings: Findings): void {
  if (value.kind === "list") for (const item of value.items) checkDurations(item, findings);
  if (value.kind !== "object") return;
  for (const [name, entry] of value.entries) {
    if (
      durationName.test(name) &&
      entry.value.kind === "text" &&
      entry.value.exact &&
      !iso.safeParse(entry.value.text).success
    )
      findings.report(
        entry.at,
        `${name} is '${entry.value.text}', which is no ISO 8601 duration such as PT5M or P1D`,
      );
    checkDurations(entry.value, findings);
  }
}

/** Apps on one storage account whose names begin with the same 32 characters stop each other, unless each sets its host id. */
function checkHostIds(deployed: readonly Deployed[], findings: Findings): void {
  const apps = deployed.filter(({ type, existing }) => type === "Microsoft.Web/sites" && !existing);
  const byId = new Map<string, string>();
  for (const app of apps) {
    const id = (
      appSettingsOf(app).get("AzureFunctionsWebHost__hostid")?.text ?? app.name.slice(0, hostIdLength)
    ).toLowerCase();
    const other = byId.get(id);
    if (other !== undefined)
      findings.report(
        app.at,
        `the apps ${other} and ${app.name} have one host id, "${id}", and would stop each other`,
      );
    byId.set(id, app.name);
  }
}
