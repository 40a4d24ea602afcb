import yargs from "yargs";

import { defaultInstances, parseInstanceList } from "./instance-list.ts";
import { preferredPorts, type FleetOptions } from "./options.ts";
import { defaultStateDir } from "./start-fleet.ts";

/** What the command line asks for. */
export interface FleetCommand {
  readonly fleet: FleetOptions;
  readonly logFormat: "text" | "json";
  /** The host's routine is printed too. */
  readonly verbose: boolean;
  /** Only warnings, errors and the summary are printed. */
  readonly quiet: boolean;
}

/** A command line that cannot be used, with the reason. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

const maxPort = 65_535;

/** Reads the command line. Throws ArgumentError, and InstanceListError for instances that cannot be. */
export async function parseArguments(argv: readonly string[]): Promise<FleetCommand> {
  const args = await options(argv).parseAsync();
  const instances = parseInstanceList(args.instances);
  return {
    fleet: {
      instances,
      stateDir: args["state-dir"],
      port: port("--port", args.port, instances.length),
      serviceBusPort: port("--servicebus-port", args["servicebus-port"]),
      serviceBusAdminPort: port("--servicebus-admin-port", args["servicebus-admin-port"]),
      tablesPort: port("--tables-port", args["tables-port"]),
      serviceBus: connectionString("--servicebus", args.servicebus, "Endpoint"),
      tables: connectionString(
        "--tables",
        args.tables,
        "AccountName",
        "TableEndpoint",
        "UseDevelopmentStorage",
      ),
    },
    logFormat: args["log-format"],
    verbose: args.verbose,
    quiet: args.quiet,
  };
}

function options(argv: readonly string[]) {
  return yargs([...argv])
    .scriptName("npm start --")
    .usage("$0 [options]\n\nRuns a fleet of instances with all that they need, on this machine alone.")
    .options({
      instances: {
        type: "string",
        default: defaultInstances,
        describe: "Which instances: ids, as in web-0,web-1,api-0, or counts, as in web=2,api=1",
      },
      port: {
        type: "string",
        describe: portHelp("The first instance's port; the others follow", preferredPorts.instances),
      },
      "servicebus-port": { type: "string", describe: portHelp("Service Bus", preferredPorts.serviceBus) },
      "servicebus-admin-port": {
        type: "string",
        describe: portHelp("The administration of Service Bus", preferredPorts.serviceBusAdmin),
      },
      "tables-port": { type: "string", describe: portHelp("Tables", preferredPorts.tables) },
      servicebus: {
        type: "string",
        describe: "Connection string of a Service Bus to use instead of the embedded one",
      },
      tables: {
        type: "string",
        describe: "Connection string of a table service to use instead of the embedded one",
      },
      "state-dir": {
        type: "string",
        default: defaultStateDir,
        describe: "Where fleet.json is kept and ID.settings.json files are looked for",
      },
      "log-format": {
        choices: ["text", "json"] as const,
        default: "text" as const,
        describe: "One line per event",
      },
      verbose: { type: "boolean", default: false, describe: "Print the routine of the Functions hosts too" },
      quiet: { type: "boolean", default: false, describe: "Print only warnings, errors and the summary" },
    })
    .conflicts("servicebus", ["servicebus-port", "servicebus-admin-port"])
    .conflicts("tables", "tables-port")
    .strict()
    .version(false)
    .fail((message, error) => {
      throw error ?? new ArgumentError(message);
    });
}

function portHelp(what: string, preferred: number): string {
  return `${what}; 0 takes any free one [${preferred} if free]`;
}

function port(option: string, text: string | undefined, count = 1): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (number === 0) return 0;
  if (number + count - 1 <= maxPort) return number;
  throw new ArgumentError(
    `${option} ${text} is not a port: it must be a number from 0 to ${maxPort - count + 1}`,
  );
}

/** Refuses what cannot be a connection string, because a service that is not found shows only as instances that never get ready. */
function connectionString(option: string, text: string | undefined, ...parts: string[]): string | undefined {
  const names = text?.split(";").map((part) => part.split("=", 1)[0]?.trim().toLowerCase());
  if (names === undefined || parts.some((part) => names.includes(part.toLowerCase()))) return text;
  throw new ArgumentError(`${option} is not a connection string: it names no ${parts.join(", ")}`);
}
