import { Directory } from "../fleet/directory.ts";
import { InFlight } from "../fleet/in-flight.ts";
import { Lifetime } from "../fleet/lifetime.ts";
import { Registration } from "../fleet/registration.ts";
import type { Config } from "../kernel/config.ts";
import type { Edges, RuntimeOptions } from "./edges.ts";

export type Fleet = ReturnType<typeof makeFleet>;

/** This process as a member of the fleet, and its view of the others. */
export function makeFleet(
  config: Config,
  { endWorker }: RuntimeOptions,
  { tables, clock, faults, logs }: Edges,
) {
  const { heartbeatMs, drainMs } = config;
  const registration = new Registration(tables.instances, config);
  const directory = new Directory(tables.instances, clock, {
    heartbeatMs,
    self: registration.incarnation,
    onUnreadable: (row, error) => logs.fleet.rowUnreadable(row, error),
  });
  const inFlight = new InFlight();
  const lifetime = new Lifetime({
    registration,
    inFlight,
    clock,
    faults,
    log: logs.fleet,
    drainMs,
    endWorker,
  });
  return { registration, directory, inFlight, lifetime };
}
