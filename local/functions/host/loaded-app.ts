import type { OutputWriter } from "../core/listener.ts";
import type { LoadedMessage } from "../core/messages.ts";
import { RouteTable } from "../http/route-table.ts";
import type { Settings } from "../settings/settings.ts";
import { catalogFunctions, isTriggeredBy, type HostedFunction } from "./function-catalog.ts";

/** The app as one worker has loaded it: its functions, in the order of their names, and their routes. */
export interface LoadedApp {
  readonly functions: readonly HostedFunction[];
  /** By name in lower case. */
  readonly byName: ReadonlyMap<string, HostedFunction>;
  readonly routes: RouteTable;
}

/** An app before any worker has loaded it. */
export const noApp: Omit<LoadedApp, "routes"> = { functions: [], byName: new Map() };

/**
 * Makes of what a worker reports what the host serves. `listen` makes the listeners and returns a reason for each function that
 * cannot have one.
 */
export async function readApp(
  loaded: LoadedMessage,
  surroundings: { settings: Settings; outputs: OutputWriter },
  listen: (functions: readonly HostedFunction[]) => Promise<ReadonlyMap<string, string>>,
): Promise<LoadedApp> {
  const { settings, outputs } = surroundings;
  const catalog = catalogFunctions(loaded.functions, settings, outputs);
  const http = catalog.filter(
    (hosted) => hosted.problem === undefined && isTriggeredBy(hosted, "httptrigger"),
  );
  const routes = new RouteTable(http, settings.hostJson.http.routePrefix);
  const unheard = await listen(catalog);
  const functions = catalog.map((hosted): HostedFunction => {
    const { name } = hosted.metadata;
    const problem = hosted.problem ?? routes.problems.get(name) ?? unheard.get(name);
    return problem === undefined ? hosted : { ...hosted, problem };
  });
  const byName = new Map(functions.map((hosted) => [hosted.metadata.name.toLowerCase(), hosted]));
  return { functions, byName, routes };
}
