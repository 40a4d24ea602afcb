import type { Deployed } from "../evaluate/deployed.ts";
import { propertyOf } from "../evaluate/deploy-resource.ts";
import { toJson, type Value } from "../evaluate/value.ts";
import type { Findings } from "../finding.ts";

/** A property that Azure does not ask for, and that must be there all the same. */
interface Must {
  readonly path: string;
  /** The values that are good; undefined: any. */
  readonly be?: readonly unknown[];
  /** What happens otherwise. */
  readonly or: string;
}

const keysOpen = "whoever has a key gets in, without a role";
const oldTls = "old versions of TLS are spoken";
const unencrypted = "requests without TLS are answered";

/** By resource type. Their defaults are the insecure or the wrong ones for this package. */
const musts: Readonly<Record<string, readonly Must[]>> = {
  "Microsoft.ServiceBus/namespaces": [
    { path: "properties.disableLocalAuth", be: [true], or: keysOpen },
    { path: "properties.minimumTlsVersion", be: ["1.2", "1.3"], or: oldTls },
    { path: "sku.name", be: ["Standard", "Premium"], or: "there are neither topics nor sessions" },
  ],
  "Microsoft.ServiceBus/namespaces/topics/subscriptions/rules": [
    { path: "properties.filterType", be: ["CorrelationFilter"], or: "a topic takes far fewer rules" },
  ],
  "Microsoft.Storage/storageAccounts": [
    { path: "properties.allowSharedKeyAccess", be: [false], or: keysOpen },
    { path: "properties.allowBlobPublicAccess", be: [false], or: "a container may be opened to everybody" },
    { path: "properties.minimumTlsVersion", be: ["TLS1_2"], or: oldTls },
    { path: "properties.supportsHttpsTrafficOnly", be: [true], or: unencrypted },
  ],
  "Microsoft.KeyVault/vaults": [
    { path: "properties.enableRbacAuthorization", be: [true], or: "roles have no effect on the vault" },
  ],
  "Microsoft.Insights/components": [
    {
      path: "properties.DisableLocalAuth",
      be: [true],
      or: "whoever has the connection string may send telemetry",
    },
    { path: "properties.WorkspaceResourceId", or: "Azure refuses a component without a workspace" },
  ],
  "Microsoft.Web/serverfarms": [
    { path: "properties.reserved", be: [true], or: "the plan runs Windows" },
    { path: "sku.name", or: "Azure chooses the size" },
    { path: "sku.capacity", be: [1], or: "an instance may become two processes" },
  ],
  "Microsoft.Web/sites": [
    { path: "kind", be: ["functionapp,linux"], or: "the app is no function app on Linux" },
    { path: "identity.type", be: ["UserAssigned"], or: "the app has no identity that a role was given to" },
    { path: "properties.httpsOnly", be: [true], or: unencrypted },
    { path: "properties.clientAffinityEnabled", be: [false], or: "clients get a cookie that means nothing" },
    {
      path: "properties.keyVaultReferenceIdentity",
      or: "the secret is asked for by an identity that has no right to it",
    },
    { path: "properties.siteConfig.numberOfWorkers", be: [1], or: "an instance may become two processes" },
    { path: "properties.siteConfig.healthCheckPath", or: "a sick app is not replaced" },
    { path: "properties.siteConfig.ftpsState", be: ["Disabled"], or: "files can be put by FTP" },
    { path: "properties.siteConfig.minTlsVersion", be: ["1.2", "1.3"], or: oldTls },
    { path: "properties.siteConfig.scmMinTlsVersion", be: ["1.2", "1.3"], or: oldTls },
  ],
  "Microsoft.Web/sites/basicPublishingCredentialsPolicies": [
    { path: "properties.allow", be: [false], or: "files can be put with a password" },
  ],
  "Microsoft.Insights/diagnosticSettings": [
    { path: "properties.workspaceId", or: "what is logged goes nowhere" },
  ],
  "Microsoft.Insights/metricAlerts": [{ path: "properties.actions", or: "nobody is told" }],
  "Microsoft.Insights/scheduledQueryRules": [
    { path: "properties.actions.actionGroups", or: "nobody is told" },
    { path: "properties.criteria", or: "Azure refuses a rule without conditions" },
    { path: "properties.windowSize", or: "Azure refuses a rule without a window" },
    { path: "properties.evaluationFrequency", or: "Azure refuses a rule that is never looked at" },
  ],
};

/** What must be set although its default would deploy. */
export function checkHardening(deployed: readonly Deployed[], findings: Findings): void {
  for (const resource of deployed) {
    if (resource.existing) continue;
    for (const must of musts[resource.type] ?? []) checkMust(resource, must, findings);
    if (resource.type === "Microsoft.Web/sites") checkOneProcess(resource, deployed, findings);
  }
}

function at(body: Value, path: string): Value | undefined {
  return path.split(".").reduce<Value | undefined>((value, name) => value && propertyOf(value, name), body);
}

function checkMust(resource: Deployed, { path, be, or }: Must, findings: Findings): void {
  const value = at(resource.body, path);
  if (value === undefined || value.kind === "null") {
    findings.report(resource.at, `"${resource.name}" does not set ${path}: otherwise ${or}`);
    return;
  }
  if (be === undefined || value.kind === "unknown" || be.includes(toJson(value))) return;
  const good = be.map((one) => JSON.stringify(one)).join(" or ");
  findings.report(
    resource.at,
    `${path} of "${resource.name}" is ${JSON.stringify(toJson(value))}, and must be ${good}: otherwise ${or}`,
  );
}

/** An app is kept awake where it is alone on its machine, and held to one machine where it could get more; and no password opens it. */
function checkOneProcess(app: Deployed, deployed: readonly Deployed[], findings: Findings): void {
  const setting = (name: string) => {
    const value = at(app.body, `properties.siteConfig.${name}`);
    return value && toJson(value);
  };
  const held = setting("functionAppScaleLimit") === 1 && setting("minimumElasticInstanceCount") === 1;
  if (setting("alwaysOn") !== true && !held)
    findings.report(
      app.at,
      `"${app.name}" is neither always on nor held to one machine: it would sleep, or be two`,
    );
  for (const name of ["ftp", "scm"])
    if (
      !deployed.some(
        (one) =>
          one.type.endsWith("/basicPublishingCredentialsPolicies") && one.name === `${app.name}/${name}`,
      )
    )
      findings.report(
        app.at,
        `"${app.name}" has no basicPublishingCredentialsPolicies "${name}": otherwise files can be put with a password`,
      );
}
