import { parentPort, workerData } from "node:worker_threads";

import tableConfiguration from "azurite/dist/src/table/TableConfiguration.js";
import tableServer from "azurite/dist/src/table/TableServer.js";

import type { ThreadData, ThreadReport } from "./tables.ts";

/** Seconds; as Azurite's own default. */
const keepAliveTimeoutSeconds = 5;

// Azurite's telemetry begins with a call that only its own command makes; the library for it is not even built in.
const { port }: ThreadData = workerData;
const server = new tableServer.default(
  new tableConfiguration.default(
    "127.0.0.1",
    port,
    keepAliveTimeoutSeconds,
    "unused: everything is in memory",
    false,
    false,
    undefined,
    undefined,
    true,
    true,
    "",
    "",
    "",
    undefined,
    false,
    true,
  ),
);

// Not a window's postMessage: a thread has one other side, and no origin to name.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
const report = (message: ThreadReport): void => parentPort?.postMessage(message);
server.start().then(
  () => report({ kind: "listening", port: Number(new URL(server.getHttpServerAddress()).port) }),
  (error: unknown) =>
    report({ kind: "failed", reason: error instanceof Error ? error.message : String(error) }),
);
