import { createBroker } from "../../local/servicebus/broker.ts";
import { loadConfig } from "../../local/servicebus/config/load-config.ts";
import { startTables } from "../../local/tables/tables.ts";

// The process beside the bench that holds what it measures against: the broker, and Azurite in a thread of its own.

const { config } = await loadConfig("infra/topology.json", []);
const broker = await createBroker({ config, adminPort: false });
const tables = await startTables({ port: 0 });
let operations = 0;
broker.faults.install(({ point, path }) => {
  // Each accept, each read or write of a state, each message sent; links to management and tokens cost nothing.
  const isAccept = point === "attach" && path === "counters";
  if (isAccept || point === "manage" || point === "send") operations += 1;
  return undefined;
});
process.on("message", () => {
  process.send?.({ operations });
  operations = 0;
});
process.send?.({ serviceBus: broker.connectionString, tables: tables.connectionString });
