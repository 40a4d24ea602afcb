import type { OnEvent } from "./event.ts";
import type { InstanceSpec } from "./instance-list.ts";
import type { AddedSettings } from "./settings-file.ts";

/** The ports that a fleet takes when they are free. */
export const preferredPorts = { instances: 7071, serviceBus: 5672, serviceBusAdmin: 5300, tables: 10_002 };

/** What a fleet is to be. Everything may be left out. */
export interface FleetOptions {
  /** Default: web-0, web-1 and api-0. */
  readonly instances?: readonly InstanceSpec[];
  /** The first instance's port; the others follow. 0: any free ports. Default: 7071 and up where free. A given port must be free. */
  readonly port?: number | undefined;
  /** Default: 5672 if free. */
  readonly serviceBusPort?: number | undefined;
  /** Default: 5300 if free. */
  readonly serviceBusAdminPort?: number | undefined;
  /** Default: 10002 if free. */
  readonly tablesPort?: number | undefined;
  /** Connection string of a Service Bus to use instead of the embedded one; its entities must exist. */
  readonly serviceBus?: string | undefined;
  /** Connection string of a table service to use instead of the embedded one. */
  readonly tables?: string | undefined;
  /** Where fleet.json is kept and settings files are looked for. Default: `.local`. A directory serves one fleet at a time. */
  readonly stateDir?: string;
  /** Settings for all instances. */
  readonly settings?: AddedSettings;
  /** The directory of the app that the hosts load. Default: this package. */
  readonly app?: string;
  /** The module that is a Functions host. Default: this package's own. */
  readonly hostEntry?: string;
  /** Called with everything that instances and supervisor tell, from the first moment. Must not throw. */
  readonly onEvent?: OnEvent;
}
