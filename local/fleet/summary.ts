import type { Colors } from "./colors.ts";
import type { Fleet } from "./fleet.ts";
import { fleetFile } from "./fleet-file.ts";

/** What a person needs who has just started a fleet: where everything is, and something to try. */
export function renderSummary(fleet: Fleet, colors: Colors): string {
  const first = fleet.instances[0];
  const url = first?.url ?? "";
  const role = first?.role ?? "";
  return [
    "",
    ...fleet.instances.map(({ id, url }) => `  ${colors.bold(id.padEnd(11))} ${url}`),
    `  ${colors.bold("Service Bus")} ${maskKey(fleet.serviceBus, fleet.broker !== undefined)}`,
    `  ${colors.bold("Tables")}      ${maskKey(fleet.tables, fleet.tables.includes("devstoreaccount1"))}`,
    `  All of this is in ${fleetFile(fleet.stateDir)}. Ctrl-C ends it.`,
    "",
    "  Recycle every instance of a role, then see how it went:",
    `    curl -X POST ${url}/api/roles/${role}/recycle`,
    `    curl ${url}/api/operations/ID          # the id from the answer`,
    `    curl ${url}/api/roles/${role}/instances`,
    "",
  ].join("\n");
}

/** The key of an emulator is public; any other must not be printed. */
function maskKey(connectionString: string, isPublic: boolean): string {
  return isPublic ? connectionString : connectionString.replaceAll(/(Key|Signature)=[^;]*/gi, "$1=***");
}
