import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Configuration } from "./configuration.ts";
import { SettingsError } from "./settings-error.ts";

const runtime = "node";

/** Refuses an app that is none for this host. Throws with the remedy. */
export function refuseOtherRuntimes(app: Configuration, host: Configuration): void {
  const wanted = app.get("FUNCTIONS_WORKER_RUNTIME") ?? runtime;
  if (wanted.trim().toLowerCase() !== runtime) {
    throw new SettingsError(
      `FUNCTIONS_WORKER_RUNTIME is '${wanted}', but this host runs apps for '${runtime}' only. Change it, or run the app under Core Tools.`,
    );
  }
  if (host.has("customHandler")) {
    throw new SettingsError(
      "host.json: customHandler is not supported by this host. Take it out, or run the app under Core Tools.",
    );
  }
}

/** Sections and settings of host.json that change what a function sees, and that this host knows nothing of. */
const ignoredSections: Readonly<Record<string, string>> = {
  "extensions:http:customHeaders": "custom headers are not added to responses",
  "extensions:http:maxConcurrentRequests": "requests run as they come",
  retry: "only a function's own retry policy applies",
};

/** The same of switches, which matter when they are on. */
const ignoredSwitches: Readonly<Record<string, string>> = {
  "extensions:http:dynamicThrottlesEnabled": "no request is refused because the machine is busy",
  "extensions:http:hsts:isEnabled": "the host speaks plain HTTP",
  "concurrency:dynamicConcurrencyEnabled": "concurrency is what extensions.serviceBus says",
};

/** What the app's files and settings ask for that this host leaves undone, each in words. */
export function ignoredSettings(app: Configuration, host: Configuration, appDir: string): string[] {
  const name = (path: string): string => `host.json: ${path.replaceAll(":", ".")}`;
  const sections = Object.entries(ignoredSections).filter(([path]) => host.has(path));
  const switches = Object.entries(ignoredSwitches).filter(
    ([path]) => host.get(path)?.trim().toLowerCase() === "true",
  );
  return [
    ...[...sections, ...switches].map(([path, consequence]) => `${name(path)} (${consequence})`),
    ...(Number(app.get("FUNCTIONS_WORKER_PROCESS_COUNT") ?? 1) > 1
      ? ["FUNCTIONS_WORKER_PROCESS_COUNT (the app runs in one worker process)"]
      : []),
    ...(app.has("WEBSITE_TIME_ZONE")
      ? ["WEBSITE_TIME_ZONE (timers go by this machine's time zone, or by TZ)"]
      : []),
    ...(existsSync(join(appDir, "proxies.json")) ? ["proxies.json (its routes do not exist here)"] : []),
    ...functionFiles(appDir).map(
      (file) => `${file} (functions are those that the app's code registers, programming model v4)`,
    ),
  ];
}

/** Functions of the older programming model: a folder with a `function.json` each. */
function functionFiles(appDir: string): string[] {
  return readdirSync(appDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .map(({ name }) => `${name}/function.json`)
    .filter((file) => existsSync(join(appDir, file)));
}
