import yargs from "yargs";

import { defaultInstances, parseInstanceList, type InstanceSpec } from "../fleet/instance-list.ts";

/** What the command line asks for. */
export interface BrokerCommand {
  readonly config: string;
  readonly instances: readonly InstanceSpec[];
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
  readonly keyName: string;
  readonly key: string;
  readonly verbose: boolean;
  readonly printEmulatorConfig: boolean;
}

/** A command line that cannot be used, with the reason. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

const maxPort = 65_535;

/** Reads the command line. Throws ArgumentError, and InstanceListError for instances that cannot be. */
export async function parseArguments(argv: readonly string[]): Promise<BrokerCommand> {
  const args = await options(argv).parseAsync();
  return {
    config: args.config,
    instances: parseInstanceList(args.instances),
    host: args.host,
    port: port("--port", args.port),
    adminPort: port("--admin-port", args["admin-port"]),
    keyName: args["key-name"],
    key: args.key,
    verbose: args.verbose,
    printEmulatorConfig: args["print-emulator-config"],
  };
}

function options(argv: readonly string[]) {
  return yargs([...argv])
    .scriptName("npm run servicebus --")
    .usage("$0 [options]\n\nRuns a Service Bus on this machine, in memory alone.")
    .options({
      config: {
        type: "string",
        default: "infra/topology.json",
        describe: "What to create: a file in the official emulator's Config.json format, or the topology",
      },
      instances: {
        type: "string",
        default: defaultInstances,
        describe: "For whom the topology is: ids, as in web-0,api-0, or counts, as in web=2,api=1",
      },
      host: { type: "string", default: "127.0.0.1", describe: "Address to listen on" },
      port: { type: "string", default: "5672", describe: "Port for AMQP; 0 takes any free one" },
      "admin-port": {
        type: "string",
        default: "5300",
        describe: "Port for the administration API; 0 takes any free one",
      },
      "key-name": {
        type: "string",
        default: "RootManageSharedAccessKey",
        describe: "Name of the access key",
      },
      key: { type: "string", default: "SAS_KEY_VALUE", describe: "The access key" },
      verbose: { type: "boolean", default: false, describe: "Print connections as they come and go" },
      "print-emulator-config": {
        type: "boolean",
        default: false,
        describe: "Print the topology as a Config.json for the official emulator, and end",
      },
    })
    .strict()
    .version(false)
    .fail((message, error) => {
      throw error ?? new ArgumentError(message);
    });
}

function port(option: string, text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= maxPort) return number;
  throw new ArgumentError(`${option} ${text} is not a port: it must be a number from 0 to ${maxPort}`);
}
