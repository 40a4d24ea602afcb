import { resolve } from "node:path";

import { systemClock } from "../../shared/kernel/clock.ts";
import { EventSource } from "./event-source.ts";
import { Fleet } from "./fleet.ts";
import { FleetFile } from "./fleet-file.ts";
import { defaultInstances, parseInstanceList } from "./instance-list.ts";
import { InstanceSettings } from "./instance-settings.ts";
import { launchInstances, placeInstances } from "./launch-instances.ts";
import { FleetLog } from "./log.ts";
import type { FleetOptions } from "./options.ts";
import { packageRoot } from "./package-root.ts";
import { Ports } from "./ports.ts";
import { startServices, type Services } from "./services.ts";

/** Where fleet.json is kept when nothing else is said. */
export const defaultStateDir = ".local";

/**
 * Starts a fleet and settles when its services answer and its hosts have been started; `waitReady` tells when they serve.
 * Rejects, with nothing left running, when a given port is taken, a settings file is wrong, or the state directory is in use.
 */
export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  const began = systemClock.monotonicMs();
  const stateDir = resolve(options.stateDir ?? defaultStateDir);
  const file = FleetFile.claim(stateDir);
  const events = new EventSource();
  if (options.onEvent) events.listen(options.onEvent);
  const log = new FleetLog(systemClock, events.emit);
  const app = resolve(options.app ?? packageRoot());
  const specs = options.instances ?? parseInstanceList(defaultInstances);
  let services: Services | undefined;
  let fleet: Fleet | undefined;
  try {
    const settings = new InstanceSettings({ stateDir, app, log });
    await settings.load(specs);
    const ports = new Ports();
    const placed = await placeInstances(specs, options.port, ports);
    services = await startServices(options, specs, ports);
    const parts = { fleet: options, app, placed, connections: services, settings, log, onEvent: events.emit };
    const launch = (onChange: () => void) => launchInstances(parts, onChange);
    fleet = new Fleet({ stateDir, file, services, settings, events, log, launch });
    await Promise.all([services.tablesReady, fleet.watchSettings()]);
    log.servicesReady(Math.round(systemClock.monotonicMs() - began));
    return fleet;
  } catch (error) {
    await fleet?.stop("The start has failed");
    await services?.close();
    file.remove();
    throw error;
  }
}
