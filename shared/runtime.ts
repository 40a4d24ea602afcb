import { entities } from "./bus/topology.ts";
import type { InstanceView } from "./fleet/directory.ts";
import { Heartbeat } from "./fleet/heartbeat.ts";
import { recycleExitCode } from "./fleet/lifetime.ts";
import { startInstance, stopInstance } from "./fleet/startup.ts";
import type { Config } from "./kernel/config.ts";
import type { Presence } from "./presence/presence.ts";
import { makeCounters } from "./runtime/counters.ts";
import { makeEdges, type Edges, type RuntimeOptions } from "./runtime/edges.ts";
import { makeFleet, type Fleet } from "./runtime/fleet.ts";
import { makeOperations } from "./runtime/operations.ts";
import { makePresence } from "./runtime/presence.ts";
import { makeRecycle } from "./runtime/recycle.ts";

/** What is looked after with every heartbeat, given the fleet as it is. */
type Look = (members: readonly InstanceView[]) => Promise<void>;

export type Runtime = ReturnType<typeof makeRuntime>;

/**
 * The composition root: makes every object of an instance, and wires the slices to each other. Nothing is sent before `start`. What a function
 * app has beside that, app-runtime.ts adds.
 */
export function makeRuntime(config: Config, options: RuntimeOptions) {
  const edges = makeEdges(config, options);
  const fleet = makeFleet(config, options, edges);
  const operation = makeOperations(config, edges, fleet);
  const recycle = makeRecycle(config, options, edges, fleet, operation);
  const presence = makePresence(config, edges, fleet);
  const beats: Look[] = [() => operation.sweep.look()];
  const heartbeat = makeHeartbeat(config, options, edges, fleet, presence.presence, beats);
  const preparations: (() => Promise<void>)[] = [];
  const prepare = async () => void (await Promise.all(preparations.map((act) => act())));
  const start = () =>
    startInstance({ ...edges, ...fleet, ...operation, heartbeat, endWorker: options.endWorker, prepare });
  const counter = makeCounters(config, edges);
  const stop = async () => {
    await counter.counters.close();
    await stopInstance({ ...edges, ...fleet, heartbeat });
  };
  const slices = { ...operation, ...recycle, ...presence, ...counter };
  /** Has something looked after with every heartbeat, too. */
  const onBeat = (look: Look) => void beats.push(look);
  /** Has something done before this instance says that it is ready. */
  const beforeReady = (act: () => Promise<void>) => void preparations.push(act);
  return { config, ...edges, ...fleet, ...slices, heartbeat, onBeat, beforeReady, start, stop };
}

function makeHeartbeat(
  config: Config,
  options: RuntimeOptions,
  edges: Edges,
  fleet: Fleet,
  presence: Presence,
  beats: readonly Look[],
) {
  return new Heartbeat({
    registration: fleet.registration,
    directory: fleet.directory,
    clock: edges.clock,
    log: edges.logs.fleet,
    heartbeatMs: config.heartbeatMs,
    onBeat: async (members) => {
      edges.outbox.probe(entities.recycleRequests);
      await Promise.all([presence.look(members), ...beats.map((look) => look(members))]);
    },
    onReaped: () => options.endWorker(recycleExitCode),
    onHolderLost: () => options.endWorker(recycleExitCode),
  });
}
