import { ConfigError, readConfig, settingNames } from "../../../shared/kernel/config.ts";
import type { Deployed } from "../evaluate/deployed.ts";
import { propertyOf } from "../evaluate/deploy-resource.ts";
import { asText } from "../evaluate/value.ts";
import type { Findings } from "../finding.ts";
import { suggest } from "../nearest-name.ts";

/** What every app must be given beside what it refuses to start without, and what is wrong where it is missing. */
const needed: Readonly<Record<string, string>> = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: "telemetry is refused without an identity",
  APPLICATIONINSIGHTS_CONNECTION_STRING: "there is no telemetry",
  AZURE_CLIENT_ID: "the SDK does not know which identity it is",
  AzureFunctionsWebHost__hostid: "two apps may get one host id, and stop each other",
  AzureWebJobsStorage__blobServiceUri: "the Functions host has nowhere to keep its leases and keys",
  AzureWebJobsStorage__clientId: "the Functions host does not know which identity it is",
  AzureWebJobsStorage__credential: "the Functions host looks for a connection string",
  AzureWebJobsStorage__queueServiceUri: "the Functions host asks for all three services of its storage",
  AzureWebJobsStorage__tableServiceUri: "the Functions host cannot keep its diagnostic events",
  ENABLE_ORYX_BUILD: "the package, which comes built, is built again",
  FUNCTIONS_ENABLE_DRAIN_ON_APP_STOPPING: "messages in hand come twice when the app stops",
  FUNCTIONS_EXTENSION_VERSION: "the platform takes an old Functions host",
  FUNCTIONS_WORKER_PROCESS_COUNT: "an instance may become two processes",
  FUNCTIONS_WORKER_RUNTIME: "the Functions host does not know the language",
  INSTANCE_URL: "the address that was chosen for the instance is not used",
  RECYCLE_MODE: "the mode that was chosen is not used",
  SCM_DO_BUILD_DURING_DEPLOYMENT: "the package, which comes built, is built again",
  ServiceBus__clientId: "triggers do not know which identity they are",
  ServiceBus__credential: "triggers look for another kind of identity",
  SITE_RESOURCE_ID: "the app cannot restart itself",
  WEBSITE_RUN_FROM_PACKAGE: "the files of two packages may mix",
};

/** What the Functions host and App Service read if it is there. */
const optional = [
  "AzureWebJobsStorage__accountName",
  "FUNCTIONS_ADMIN_ISOLATION_ENABLED",
  "WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID",
];
/** Any setting of host.json, by its path. */
const hostSetting = /^AzureFunctionsJobHost__\w+$/;

/** The app settings of a function app, by name. */
export function appSettingsOf(
  app: Deployed,
): Map<string, { text: string; exact: boolean; at: Deployed["at"] }> {
  const properties = propertyOf(app.body, "properties");
  const config = properties && propertyOf(properties, "siteConfig");
  const list = config && propertyOf(config, "appSettings");
  const settings = new Map<string, { text: string; exact: boolean; at: Deployed["at"] }>();
  if (list?.kind !== "list") return settings;
  for (const item of list.items) {
    const name = propertyOf(item, "name");
    const value = item.kind === "object" ? item.entries.get("value") : undefined;
    if (name?.kind === "text" && value) settings.set(name.text, { ...asText(value.value), at: value.at });
  }
  return settings;
}

/** Every app setting is read by something, and with them the app starts: its own reader of settings says so. */
export function checkAppSettings(deployed: readonly Deployed[], findings: Findings): void {
  const known = [...settingNames, ...Object.keys(needed), ...optional];
  for (const app of deployed.filter(({ type, existing }) => type === "Microsoft.Web/sites" && !existing)) {
    const settings = appSettingsOf(app);
    for (const name of settings.keys())
      if (!known.includes(name) && !hostSetting.test(name))
        findings.report(app.at, `nothing reads the app setting ${name}: ${suggest(name, known)}`);
    for (const [name, otherwise] of Object.entries(needed))
      if (!settings.has(name))
        findings.report(app.at, `the app "${app.name}" has no app setting ${name}: ${otherwise}`);
    const fault = refusal(Object.fromEntries([...settings].map(([name, { text }]) => [name, text])));
    if (fault !== undefined) findings.report(app.at, `the app "${app.name}" would not start: ${fault}`);
  }
}

/** The settings as the platform gives them to the app: with its own, and secrets in the place of references to them. */
export function asTheAppSeesThem(settings: Readonly<Record<string, string>>): Record<string, string> {
  const secret = "a secret of more than 32 characters";
  const filled = Object.entries(settings).map(([name, text]) => [
    name,
    text.startsWith("@Microsoft.KeyVault(") ? secret : text,
  ]);
  return { WEBSITE_HOSTNAME: "app.example", ...Object.fromEntries(filled) };
}

function refusal(settings: Record<string, string>): string | undefined {
  try {
    readConfig(asTheAppSeesThem(settings));
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
