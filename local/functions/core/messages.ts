import { inspect } from "node:util";
import type { LogLevel } from "../log/log.ts";
import type { FunctionMetadata } from "./function-metadata.ts";
import type { InvocationOutcome, InvocationRequest } from "./listener.ts";

// What passes between the host process and its worker process, in both directions. It goes through Node's own channel of a
// forked child with `advanced` serialization, so that bytes stay bytes.

/** From the host: load this app. Sent once, first. */
export interface LoadMessage {
  readonly kind: "load";
  readonly appDir: string;
  readonly hostVersion: string;
}

/** From the host: run a function. Answered by exactly one ResultMessage unless the worker ends. */
export interface InvokeMessage {
  readonly kind: "invoke";
  readonly invocationId: string;
  readonly functionId: string;
  readonly request: InvocationRequest;
}

/** From the host: the HTTP request of this invocation will never arrive; stop waiting for it. */
export interface AbandonMessage {
  readonly kind: "abandon";
  readonly invocationId: string;
  readonly reason: string;
}

/** From the host: run the appTerminate hooks, end open response streams, exit. */
export interface TerminateMessage {
  readonly kind: "terminate";
}

/** Everything that the host says to the worker. */
export type ToWorker = LoadMessage | InvokeMessage | AbandonMessage | TerminateMessage;

/** From the worker: the app is loaded and takes invocations. */
export interface LoadedMessage {
  readonly kind: "loaded";
  readonly functions: readonly FunctionMetadata[];
  /** With HTTP streaming, `HttpUri` is the address to which requests are proxied. */
  readonly capabilities: Readonly<Record<string, string>>;
}

/** An error as it crosses between processes. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** From the worker: the app cannot be loaded. The worker exits after this. */
export interface LoadFailedMessage {
  readonly kind: "load-failed";
  readonly error: RemoteError;
}

/** From the worker: an invocation has its arguments, the app's code runs from here on. */
export interface StartedMessage {
  readonly kind: "started";
  readonly invocationId: string;
}

/** From the worker: an invocation has ended. */
export interface ResultMessage {
  readonly kind: "result";
  readonly invocationId: string;
  readonly outcome: InvocationOutcome | { readonly error: RemoteError };
}

/** From the worker: an entry for the host's log. */
export interface LogMessage {
  readonly kind: "log";
  readonly level: LogLevel;
  /** `user` for context.log, `system` for the worker and the library. */
  readonly category: "user" | "system" | "customMetric";
  readonly message: string;
  readonly functionName?: string;
  readonly invocationId?: string;
}

/** Everything that the worker says to the host. */
export type FromWorker = LoadedMessage | LoadFailedMessage | StartedMessage | ResultMessage | LogMessage;

const kindsFromWorker: ReadonlySet<unknown> = new Set<FromWorker["kind"]>([
  "loaded",
  "load-failed",
  "started",
  "result",
  "log",
]);

/**
 * Whether what arrived on the channel is ours: the app's own code runs in the worker and may call `process.send` too, and its
 * messages must not confuse the host.
 */
export function isFromWorker(value: unknown): value is FromWorker {
  return typeof value === "object" && value !== null && "kind" in value && kindsFromWorker.has(value.kind);
}

/** Makes an error fit for the channel, whatever was thrown. */
export function toRemoteError(thrown: unknown): RemoteError {
  if (!(thrown instanceof Error)) return { name: "Error", message: describe(thrown) };
  const { name, message, stack } = thrown;
  return stack === undefined ? { name, message } : { name, message, stack };
}

function describe(thrown: unknown): string {
  if (thrown === undefined || thrown === null) return "Unknown error";
  return typeof thrown === "string" ? thrown : inspect(thrown);
}
