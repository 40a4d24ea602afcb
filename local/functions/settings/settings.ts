import { join } from "node:path";
import { type Configuration, flatten, layer, settingKey } from "./configuration.ts";
import { type Connection, findConnection } from "./connection.ts";
import { type HostJson, readHostJson } from "./host-json.ts";
import { readJsonFile } from "./json-file.ts";
import { type LocalServer, readLocalSettings } from "./local-settings.ts";
import { resolveNames } from "./name-resolution.ts";
import { SettingsError } from "./settings-error.ts";
import { ignoredSettings, refuseOtherRuntimes } from "./unsupported.ts";

/** Everything that is set for one function app, read once. */
export interface Settings {
  /** An app setting; names match in any case, and `__` is the same as `:`. */
  get(name: string): string | undefined;
  /** Replaces every `%name%` in a text. Throws with the real host's words when one of them is not set. */
  resolve(text: string): string;
  /** Where a Service Bus connection leads. Throws with the real host's words when it is not set. */
  connection(name: string | undefined): Connection;
  /** Whether `AzureWebJobs.NAME.Disabled` (or `AzureWebJobs_NAME_Disabled`) switches a function off. */
  isDisabled(functionName: string): boolean;
  readonly hostJson: HostJson;
  /** The `Host` section of local.settings.json. */
  readonly server: LocalServer;
  /** Names in local.settings.json whose value is not used because the environment gives another. */
  readonly shadowed: readonly string[];
  /** What the app's files and settings ask for that this host leaves undone, each in words. */
  readonly ignored: readonly string[];
  /** Arguments for the worker's node, from the setting `languageWorkers__node__arguments`. */
  readonly nodeArguments: readonly string[];
  /** The variables that a worker process runs with. */
  workerEnvironment(): Record<string, string>;
}

/** Where settings come from. */
export interface SettingsSource {
  /** The folder that holds host.json, package.json and perhaps local.settings.json. */
  readonly appDir: string;
  readonly env: NodeJS.ProcessEnv;
}

const overridePrefix = "AzureFunctionsJobHost";
const nodeArgumentsSetting = "languageWorkers:node:arguments";

/** Reads local.settings.json, host.json and the environment. The environment wins over local.settings.json. */
export function loadSettings({ appDir, env }: SettingsSource): Settings {
  const environment = new Map(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const local = readLocalSettings(appDir);
  const connectionStrings = new Map(
    [...local.connectionStrings].map(([name, text]) => [`ConnectionStrings:${name}`, text]),
  );
  const app = layer(connectionStrings, local.values, environment);
  const hostFile = readJsonFile(join(appDir, "host.json"));
  if (hostFile === undefined) {
    throw new SettingsError(`host.json is missing: '${appDir}' is not the folder of a function app.`);
  }
  const host = layer(flatten(hostFile), loggingOf(app), app.section(overridePrefix));
  refuseOtherRuntimes(app, host);
  const hostJson = readHostJson(host);
  const set = new Set([...environment.keys()].map(settingKey));

  return {
    get: (name) => app.get(name),
    resolve: (text) => resolveNames(text, (name) => app.get(name)),
    connection: (name) => findConnection(app, name),
    isDisabled: (functionName) => isDisabled(app, functionName),
    hostJson,
    server: local.server,
    ignored: ignoredSettings(app, host, appDir),
    nodeArguments: (app.get(nodeArgumentsSetting) ?? "").split(/\s+/).filter((argument) => argument !== ""),
    shadowed: [...local.values.keys()].filter((name) => set.has(settingKey(name))),
    workerEnvironment: () => ({
      AZURE_FUNCTIONS_ENVIRONMENT: "Development",
      FUNCTIONS_WORKER_RUNTIME: "node",
      ...Object.fromEntries(connectionStrings),
      ...Object.fromEntries(local.values),
      ...Object.fromEntries(environment),
      AzureWebJobsScriptRoot: appDir,
    }),
  };
}

/** `logging__logLevel__X` counts without the prefix too: .NET itself reads it. */
function loggingOf(app: Configuration): [string, string][] {
  return [...app.section("logging")].map(([name, text]) => [`logging:${name}`, text]);
}

function isDisabled(app: Configuration, functionName: string): boolean {
  const value =
    app.get(`AzureWebJobs.${functionName}.Disabled`) ?? app.get(`AzureWebJobs_${functionName}_Disabled`);
  return value !== undefined && ["true", "1"].includes(value.trim().toLowerCase());
}
