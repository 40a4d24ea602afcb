import type { Log } from "../log/log.ts";
import type { RouteTable } from "../http/route-table.ts";
import type { HostedFunction } from "./function-catalog.ts";
import type { LoadedApp } from "./loaded-app.ts";

/** Tells at start what the host serves, and last, so that it is not overlooked, what it cannot. */
export function reportFunctions({ functions, routes }: LoadedApp, url: string, log: Log): void {
  if (functions.length === 0) log("warning", "No functions found. Does the app's entry point register them?");
  const usable = functions.filter(({ problem }) => problem === undefined);
  for (const hosted of usable) {
    const { metadata, trigger, isDisabled } = hosted;
    const at = urlTemplate(hosted, routes, url);
    const where = at === undefined ? (trigger?.type ?? "") : `${methodsOf(hosted, routes)} ${at}`;
    log("information", `  ${metadata.name}: ${where}${isDisabled ? " (disabled)" : ""}`);
  }
  const failing = functions.filter(({ problem }) => problem !== undefined);
  if (failing.length === 0) return;
  log("error", `${failing.length} of ${functions.length} functions cannot run:`);
  for (const { metadata, problem } of failing) {
    log("error", `  The '${metadata.name}' function is in error: ${problem}.`);
  }
}

/** Where an HTTP function is reached; undefined for the others. */
export function urlTemplate(
  { metadata }: HostedFunction,
  routes: RouteTable | undefined,
  url: string,
): string | undefined {
  const route = routes?.routes.find(({ hosted }) => hosted.metadata.name === metadata.name);
  return route === undefined ? undefined : `${url}/${route.template.text}`;
}

function methodsOf({ metadata }: HostedFunction, routes: RouteTable): string {
  const route = routes.routes.find(({ hosted }) => hosted.metadata.name === metadata.name);
  return `[${[...(route?.methods ?? ["*"])].join(",")}]`;
}
