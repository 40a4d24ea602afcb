import { join } from "node:path";

import { systemClock } from "../../shared/kernel/clock.ts";
import type { OnEvent } from "./event.ts";
import { instanceEnvironment, type Connections } from "./instance-environment.ts";
import type { InstanceSpec } from "./instance-list.ts";
import type { InstanceSettings } from "./instance-settings.ts";
import type { FleetLog } from "./log.ts";
import { preferredPorts, type FleetOptions } from "./options.ts";
import { packageRoot } from "./package-root.ts";
import type { Ports } from "./ports.ts";
import { SupervisedInstance } from "./supervised-instance.ts";

/** What the instances are started with. */
export interface LaunchOptions {
  readonly fleet: FleetOptions;
  readonly app: string;
  /** Each instance with its port. */
  readonly placed: readonly (readonly [InstanceSpec, number])[];
  readonly connections: Connections;
  readonly settings: InstanceSettings;
  readonly log: FleetLog;
  readonly onEvent: OnEvent;
}

/** A port for each instance: in a row from the given one, or the preferred ones where they are free. */
export async function placeInstances(
  specs: readonly InstanceSpec[],
  given: number | undefined,
  ports: Ports,
): Promise<(readonly [InstanceSpec, number])[]> {
  const placed: (readonly [InstanceSpec, number])[] = [];
  for (const [index, spec] of specs.entries()) {
    const port =
      given === undefined
        ? await ports.choose({ preferred: preferredPorts.instances + index }, "--port")
        : await ports.choose({ given: given === 0 ? 0 : given + index }, "--port");
    placed.push([spec, port]);
  }
  return placed;
}

/** Starts a host for each instance and keeps it running. */
export function launchInstances(options: LaunchOptions, onChange: () => void): SupervisedInstance[] {
  const { fleet, app, connections, settings, log, onEvent } = options;
  const entry = fleet.hostEntry ?? join(packageRoot(), "dist/local/host.js");
  return options.placed.map(
    ([spec, port]) =>
      new SupervisedInstance({
        spec,
        port,
        log,
        clock: systemClock,
        onEvent,
        onChange,
        launch: async () => {
          const { own, localNames } = await settings.forStart(spec);
          const around = {
            url: `http://127.0.0.1:${port}`,
            connections,
            localSettings: localNames,
            settings: [fleet.settings ?? {}, own],
          };
          return { entry, app, port, env: instanceEnvironment(spec, around, process.env) };
        },
      }),
  );
}
