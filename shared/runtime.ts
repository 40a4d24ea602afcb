import { entities } from "./bus/topology.ts";
import { Heartbeat } from "./fleet/heartbeat.ts";
import { recycleExitCode } from "./fleet/lifetime.ts";
import { startInstance, stopInstance } from "./fleet/startup.ts";
import type { Config } from "./kernel/config.ts";
import type { Presence } from "./presence/presence.ts";
import { makeCounters } from "./runtime/counters.ts";
import { makeEdges, type Edges, type RuntimeOptions } from "./runtime/edges.ts";
import { makeFleet, type Fleet } from "./runtime/fleet.ts";
import { makeOperations, type Operations } from "./runtime/operations.ts";
import { makePresence } from "./runtime/presence.ts";
import { makeRecycle } from "./runtime/recycle.ts";

export type Runtime = ReturnType<typeof makeRuntime>;

/**
 * The composition root: makes every object there is, and wires the slices to each other. Nothing is sent before `start`.
 */
export function makeRuntime(config: Config, options: RuntimeOptions) {
  const edges = makeEdges(config, options);
  const fleet = makeFleet(config, options, edges);
  const operation = makeOperations(config, edges, fleet);
  const recycle = makeRecycle(config, options, edges, fleet, operation);
  const presence = makePresence(config, edges, fleet);
  const heartbeat = makeHeartbeat(config, options, edges, fleet, operation, presence.presence);
  const start = () =>
    startInstance({ ...edges, ...fleet, ...operation, heartbeat, endWorker: options.endWorker });
  const counter = makeCounters(config, edges);
  const stop = async () => {
    await counter.counters.close();
    await stopInstance({ ...edges, ...fleet, heartbeat });
  };
  const slices = { ...operation, ...recycle, ...presence, ...counter };
  return { config, ...edges, ...fleet, ...slices, heartbeat, start, stop };
}

function makeHeartbeat(
  config: Config,
  options: RuntimeOptions,
  edges: Edges,
  fleet: Fleet,
  operation: Operations,
  presence: Presence,
) {
  return new Heartbeat({
    registration: fleet.registration,
    directory: fleet.directory,
    clock: edges.clock,
    log: edges.logs.fleet,
    heartbeatMs: config.heartbeatMs,
    onBeat: async (members) => {
      edges.outbox.probe(entities.recycleRequests);
      await Promise.all([operation.sweep.look(), presence.look(members)]);
    },
    onReaped: () => options.endWorker(recycleExitCode),
    onHolderLost: () => options.endWorker(recycleExitCode),
  });
}
