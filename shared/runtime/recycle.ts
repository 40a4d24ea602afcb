import type { Config } from "../kernel/config.ts";
import { appCredential, clientIdOf } from "../kernel/credential.ts";
import { RecycleActor, type RecycleMode } from "../recycle/act.ts";
import { restartThroughManagement } from "../recycle/restart-app.ts";
import type { Edges, RuntimeOptions } from "./edges.ts";
import type { Fleet } from "./fleet.ts";
import type { Operations } from "./operations.ts";

/** What this instance does when it is told to recycle. */
export function makeRecycle(
  config: Config,
  options: RuntimeOptions,
  edges: Edges,
  fleet: Fleet,
  operation: Operations,
) {
  const actor = new RecycleActor({
    operation: operation.targetSide,
    process: fleet.lifetime,
    mode: recycleMode(config),
    onRecycle: options.onRecycle,
    onRecycleMs: config.onRecycleMs,
    isPassive: () => fleet.registration.state === "passive",
    clock: edges.clock,
    faults: edges.faults,
    log: edges.logs.recycle,
  });
  return { actor };
}

function recycleMode(config: Config): RecycleMode {
  if (config.recycleMode !== "restart-app" || !config.siteResourceId) {
    return { kind: config.recycleMode === "log-only" ? "log-only" : "end-worker" };
  }
  return {
    kind: "restart-app",
    restart: restartThroughManagement(config.siteResourceId, appCredential(clientIdOf(config))),
  };
}
