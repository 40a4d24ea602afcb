import { InstanceListError } from "../fleet/instance-list.ts";
import { onParentGone } from "../fleet/parent-watch.ts";
import { ArgumentError, parseArguments, type BrokerCommand } from "./arguments.ts";
import { createBroker, type Broker } from "./broker.ts";
import { ConfigError } from "./config/config-error.ts";
import { loadConfig, loadForOfficialEmulator } from "./config/load-config.ts";
import type { BrokerEvent } from "./log-event.ts";
import type { NamespaceConfig } from "./model.ts";

// The command behind `npm run servicebus`: starting → running → stopping on the first signal, killed on the second.

/** A terminal and npm both deliver one Ctrl-C: signals closer together than this are one. */
const sameSignalMs = 400;
/** Ended at once on request: the shell's code for a Ctrl-C. */
const killedCode = 130;
/** The command line, the configuration or a port was wrong. */
const refusedCode = 2;

async function main(): Promise<void> {
  const command = await parseArguments(process.argv.slice(2));
  if (command.printEmulatorConfig) {
    console.log(await loadForOfficialEmulator(command.config, command.instances));
    return;
  }
  const { config, warnings } = await loadConfig(command.config, command.instances);
  for (const warning of warnings) console.warn(`${command.config}: ${warning}`);
  const { host, port, adminPort, keyName, key } = command;
  const log = (event: BrokerEvent) => print(event, command);
  const broker = await createBroker({ config, host, port, adminPort, keyName, key, log });
  endOnSignals(broker);
  console.log(summary(broker, config));
}

function summary(broker: Broker, { queues, topics }: NamespaceConfig): string {
  const subscriptions = topics.flatMap((topic) => topic.subscriptions);
  return [
    "Service Bus is ready: everything is kept in memory and is gone when it stops.",
    `  entities        ${count(queues, "queue")}, ${count(topics, "topic")}, ${count(subscriptions, "subscription")}`,
    `  messages        ${broker.connectionString}`,
    `  administration  ${broker.adminConnectionString}`,
  ].join("\n");
}

function count(items: readonly unknown[], noun: string): string {
  return `${items.length} ${noun}${items.length === 1 ? "" : "s"}`;
}

/** One line for each event that somebody who runs the broker wants to know of. */
function print(event: BrokerEvent, { verbose }: BrokerCommand): void {
  switch (event.event) {
    case "listening":
    case "stopped":
      return;
    case "connection-opened":
      if (verbose) console.log(`connection ${event.connection} opened by ${event.container}`);
      return;
    case "connection-closed":
      if (verbose) console.log(`connection ${event.connection} closed`);
      return;
    case "protocol-error":
      return console.warn(`connection ${event.connection} was cut: ${event.reason}`);
    case "refused":
      return console.warn(`refused ${event.what} at ${event.path}: ${event.condition}, ${event.reason}`);
    default:
      return console.error("the broker failed:", event.error);
  }
}

/** The first signal closes the listeners and ends the process in order; a second one ends it at once. */
function endOnSignals(broker: Broker): void {
  let firstAt: number | undefined;
  const end = () => {
    const now = performance.now();
    if (firstAt !== undefined && now - firstAt > sameSignalMs) process.exit(killedCode);
    if (firstAt !== undefined) return;
    firstAt = now;
    void broker.close().then(() => console.log("Service Bus has stopped."), fail);
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  onParentGone(end);
}

/** Says what a person can put right in a line, and everything else with its stack. */
function fail(error: unknown): void {
  process.exitCode = refusedCode;
  if (error instanceof ArgumentError || error instanceof ConfigError || error instanceof InstanceListError) {
    console.error(error.message);
  } else if (isListenError(error)) {
    const why = error.code === "EADDRINUSE" ? "is taken" : `cannot be used (${error.code})`;
    console.error(
      `Port ${error.port} ${why}: choose others with --port and --admin-port, 0 for any free one.`,
    );
  } else {
    process.exitCode = 1;
    console.error(error);
  }
}

function isListenError(error: unknown): error is Error & { code: string; port: number } {
  return error instanceof Error && "syscall" in error && error.syscall === "listen" && "port" in error;
}

await main().catch(fail);
