import { topology } from "../../shared/bus/topology.ts";
import { createBroker, type Broker } from "../servicebus/broker.ts";
import { topologyToNamespace } from "../servicebus/config/emulator-config.ts";
import { startTables, tablesConnectionString, type Tables } from "../tables/tables.ts";
import type { Connections } from "./instance-environment.ts";
import type { InstanceSpec } from "./instance-list.ts";
import { preferredPorts, type FleetOptions } from "./options.ts";
import type { Ports, PortWish } from "./ports.ts";

/** Service Bus and tables for a fleet: the embedded ones, or somebody else's. */
export interface Services extends Connections {
  /** Undefined when somebody else's Service Bus is used. */
  readonly broker: Broker | undefined;
  /** Settles when the table service answers; rejects when it cannot start. */
  readonly tablesReady: Promise<void>;
  /** Ends what is embedded. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the services and settles when the broker listens and the address of the tables is known: the table service takes a second
 * longer, in which the hosts can already start.
 */
export async function startServices(
  options: FleetOptions,
  instances: readonly InstanceSpec[],
  ports: Ports,
): Promise<Services> {
  const tablesPort =
    options.tables === undefined
      ? await ports.choose(wish(options.tablesPort, preferredPorts.tables), "--tables-port")
      : undefined;
  const broker = options.serviceBus === undefined ? await startBroker(options, instances, ports) : undefined;
  const tables = tablesPort === undefined ? undefined : startTables({ port: tablesPort });
  // Who waits for tablesReady is told; until somebody does, a failure must not end the process.
  tables?.catch(() => undefined);
  return {
    broker,
    serviceBus: broker?.connectionString ?? options.serviceBus ?? "",
    serviceBusAdmin: broker?.adminConnectionString ?? options.serviceBus ?? "",
    tables: tablesPort === undefined ? (options.tables ?? "") : tablesConnectionString(tablesPort),
    tablesReady: Promise.resolve(tables).then(() => undefined),
    close: async () => {
      await Promise.all([broker?.close(), closeTables(tables)]);
    },
  };
}

/** A wish for a port: what was given must be free, what is only preferred need not. */
export function wish(given: number | undefined, preferred: number): PortWish {
  return given === undefined ? { preferred } : { given };
}

async function startBroker(
  options: FleetOptions,
  instances: readonly InstanceSpec[],
  ports: Ports,
): Promise<Broker> {
  const port = await ports.choose(
    wish(options.serviceBusPort, preferredPorts.serviceBus),
    "--servicebus-port",
  );
  const adminPort = await ports.choose(
    wish(options.serviceBusAdminPort, preferredPorts.serviceBusAdmin),
    "--servicebus-admin-port",
  );
  return createBroker({ config: topologyToNamespace(topology, instances), port, adminPort });
}

async function closeTables(tables: Promise<Tables> | undefined): Promise<void> {
  try {
    await (await tables)?.close();
  } catch {
    // It never started, so nothing is to be closed; whoever waited for it was told.
  }
}
