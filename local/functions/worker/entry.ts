import { once } from "node:events";
import {
  toRemoteError,
  type FromWorker,
  type InvokeMessage,
  type LoadMessage,
  type ToWorker,
} from "../core/messages.ts";
import { App, withReadOnly } from "./app.ts";
import { createCoreApi, installCoreApi } from "./core-api.ts";
import { endWithHost, endWithHostByForce } from "./host-watch.ts";
import { runInvocation, type Surroundings } from "./invocation.ts";
import { catchServer, onLoopback, type LibraryServer } from "./library-server.ts";
import { loadApp } from "./load-app.ts";
import { createWorkerLog } from "./worker-log.ts";

// The worker process: it holds the app. Loading → serving → terminating; the host gone means the end at any time.

/** How long open response streams may take to end when the worker is told to terminate. */
const streamEndMs = 1_000;

/** What a crash ends the process with, as in the real worker; the host counts it as an error. */
const crashCode = 1;

/** What the real worker declares about itself. */
const workerCapabilities = {
  RawHttpBodyBytes: "true",
  RpcHttpTriggerMetadataRemoved: "true",
  RpcHttpBodyOnly: "true",
  IgnoreEmptyValuedRpcHttpHeaders: "true",
  UseNullableValueDictionaryForHttp: "true",
  WorkerStatus: "true",
  TypedDataCollection: "true",
  HandlesWorkerTerminateMessage: "true",
};

const app = new App();
const log = createWorkerLog(app, send);
const waiting = new Map<string, (reason: Error) => void>();
let surroundings: Surroundings = { app, log, server: undefined, bodies: new Set() };

process.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "load":
      void load(message);
      break;
    case "invoke":
      void invoke(message);
      break;
    case "abandon":
      waiting.get(message.invocationId)?.(new Error(message.reason));
      break;
    case "terminate":
      void terminate();
      break;
  }
});
endWithHost(crashCode);
process.on("uncaughtException", (error) => {
  // As in the real worker, a crash ends the process even when the app listens for it too.
  console.error(error);
  process.exit(crashCode);
});

function send(message: FromWorker): void {
  // The channel closes before this process has noticed that the host is gone; there is nobody to tell then.
  if (process.connected) process.send?.(message);
}

async function load({ appDir, hostVersion }: LoadMessage): Promise<void> {
  try {
    installCoreApi(createCoreApi(app, hostVersion, log));
    process.chdir(appDir);
    await loadApp(appDir);
    const context = withReadOnly({ functionAppDirectory: appDir }, appLevelData());
    await app.runHooks("appStart", context, debug);
    const { capabilities, server } = await readCapabilities();
    app.isLocked = true;
    surroundings = { ...surroundings, server };
    send({
      kind: "loaded",
      functions: [...app.functions.values()].map((entry) => entry.metadata),
      capabilities,
    });
    endWithHostByForce();
  } catch (error) {
    // The cause holds the stack that points into the app's code.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    console.error(cause);
    process.send?.({ kind: "load-failed", error: toRemoteError(error) }, () => process.exit(crashCode));
  }
}

async function readCapabilities(): Promise<{
  capabilities: Record<string, string>;
  server: LibraryServer | undefined;
}> {
  const defaults: Record<string, string> = { ...workerCapabilities };
  const model = app.programmingModel;
  if (model === undefined) return { capabilities: defaults, server: undefined };
  const { result, server } = await catchServer(() => model.getCapabilities(defaults));
  const uri = result["HttpUri"];
  return { capabilities: uri === undefined ? result : { ...result, HttpUri: onLoopback(uri) }, server };
}

async function invoke(message: InvokeMessage): Promise<void> {
  const { invocationId } = message;
  const abandoned = new Promise<never>((_, reject) => waiting.set(invocationId, reject));
  // Without a listener of its own, abandoning an invocation that no longer waits would end the process.
  abandoned.catch(() => undefined);
  try {
    const started = (): void => send({ kind: "started", invocationId });
    const outcome = await runInvocation(message, surroundings, { abandoned, started });
    send({ kind: "result", invocationId, outcome });
  } catch (error) {
    send({ kind: "result", invocationId, outcome: { error: toRemoteError(error) } });
  } finally {
    waiting.delete(invocationId);
  }
}

async function terminate(): Promise<void> {
  try {
    await app.runHooks("appTerminate", withReadOnly({}, appLevelData()), debug);
  } catch (error) {
    log({ level: "error", category: "system", message: `An appTerminate hook failed: ${String(error)}` });
  }
  // Streams that the app left open (server-sent events) end in good order instead of breaking off.
  const open = surroundings.server?.openResponses() ?? [];
  for (const body of surroundings.bodies) body.finish();
  const signal = AbortSignal.timeout(streamEndMs);
  await Promise.allSettled(open.map((response) => once(response, "close", { signal })));
  process.exit(0);
}

function debug(message: string): void {
  log({ level: "debug", category: "system", message });
}

function appLevelData(): Record<string, unknown> {
  return { hookData: app.appLevelHookData, appHookData: app.appHookData };
}
