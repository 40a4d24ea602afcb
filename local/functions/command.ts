import { randomBytes } from "node:crypto";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import type { HostEvent } from "./host/host-events.ts";
import { startHost } from "./host/host.ts";
import type { Host, HostOptions } from "./host/options.ts";
import type { FunctionKeys } from "./http/keys.ts";
import { consoleSink } from "./log/console.ts";
import { messageOf } from "./log/log.ts";
import { readLocalSettings } from "./settings/local-settings.ts";

// node dist/local/host.js: one Functions host for one app, until SIGTERM, SIGINT or the end of whoever started it.

/** The port of Core Tools. */
const usualPort = 7071;
const keyBytes = 24;

const args = await yargs(hideBin(process.argv))
  .scriptName("host")
  .command(["$0", "start"], "Run the function app in a folder")
  .options({
    app: { type: "string", default: ".", describe: "The folder of the function app" },
    port: {
      alias: "p",
      type: "number",
      describe: `Port on 127.0.0.1; 0 for a free one [local.settings.json, ${usualPort}]`,
    },
    "enable-auth": { type: "boolean", default: false, describe: "Ask for function keys" },
    "master-key": { type: "string", describe: "Opens everything; made up and printed when not given" },
    "host-key": { type: "string", array: true, default: [], describe: "Opens every function" },
    "function-key": { type: "string", array: true, default: [], describe: "NAME=KEY, opens one function" },
    cors: { type: "string", describe: "Allowed origins, divided by commas" },
    "cors-credentials": { type: "boolean", default: false, describe: "Allow credentials across origins" },
    inspect: { type: "string", describe: "Start the worker's debugger, on this address" },
    grace: { type: "number", describe: "Milliseconds for what is in flight when the host stops" },
  })
  .strict()
  .parseAsync();

const ending = new AbortController();
let host: Host | undefined;
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => ending.abort());
// Forked by a supervisor that is gone: nobody would ever stop this host, and what is in flight has nobody who waits for it.
process.on("disconnect", () => (host === undefined ? process.exit(1) : void host.stop(0)));

try {
  host = await startHost(hostOptions());
  const failure = await host.stopped;
  process.exitCode = failure === undefined ? 0 : 1;
} catch (error) {
  // Told to end while it was starting: that is no failure.
  if (!ending.signal.aborted) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}
// Nothing is left to do; an open channel to whoever forked this process would keep it alive.
process.exit();

function hostOptions(): HostOptions {
  const print = (line: string): void => console.log(line);
  return {
    appDir: args.app,
    port: args.port ?? readLocalSettings(args.app).server.httpPort ?? usualPort,
    ...(args.enableAuth ? { auth: keys() } : {}),
    ...(args.cors === undefined ? {} : { cors: corsOptions(args.cors) }),
    ...(args.inspect === undefined ? {} : { nodeArguments: [inspectArgument(args.inspect)] }),
    ...(args.grace === undefined ? {} : { timings: { drainMs: args.grace } }),
    log: consoleSink(print),
    onWorkerLine: (line, stream) => (stream === "stdout" ? console.log(line) : console.error(line)),
    onEvent: tellParent,
    signal: ending.signal,
  };
}

/** Whoever forked this process learns which process holds the app. */
function tellParent(event: HostEvent): void {
  if (!process.connected) return;
  if (event.kind === "worker-started") process.send?.({ type: "worker", pid: event.pid });
  if (event.kind === "worker-exited") process.send?.({ type: "worker", pid: null });
}

function keys(): FunctionKeys {
  const functions: Record<string, string[]> = {};
  for (const pair of args.functionKey) {
    const [name = "", ...rest] = pair.split("=");
    (functions[name] ??= []).push(rest.join("="));
  }
  const master = args.masterKey ?? randomBytes(keyBytes).toString("base64url");
  if (args.masterKey === undefined) console.log(`Master key: ${master}`);
  return { master, host: args.hostKey, functions };
}

function corsOptions(origins: string): NonNullable<HostOptions["cors"]> {
  return { origins: origins.split(",").map((origin) => origin.trim()), credentials: args.corsCredentials };
}

function inspectArgument(address: string): string {
  return address === "" ? "--inspect" : `--inspect=${address}`;
}
