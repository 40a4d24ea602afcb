import type { Log } from "../log/log.ts";
import type { Settings } from "../settings/settings.ts";
import type { Binding, FunctionMetadata } from "./function-metadata.ts";
import type { NamedData, TypedData } from "./typed-data.ts";

/** What the function sees of a retry by the function's own retry policy. */
export interface RetryContext {
  readonly retryCount: number;
  readonly maxRetryCount: number;
  readonly exception?: { readonly message: string; readonly source?: string; readonly stackTrace?: string };
}

/** The trace of the sender, handed on to the function as it came. */
export interface TraceContext {
  readonly traceParent: string;
  readonly traceState?: string;
}

/** One call of a function. */
export interface InvocationRequest {
  /** A member per input binding; the trigger's name is its binding name. */
  readonly inputData: readonly NamedData[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  readonly retryContext?: RetryContext;
  readonly traceContext?: TraceContext;
}

/** What a successful function left. The invoker has already written the output bindings. */
export interface InvocationOutcome {
  readonly returnValue?: TypedData;
  readonly outputData: readonly NamedData[];
}

/**
 * A function that did not succeed: its own error, a time-out, an output that could not be written, or a worker that ended.
 * `retryable` is true when the function may never have run to its end through no fault of its own: the worker ended,
 * or none came in time.
 */
export class InvocationFailed extends Error {
  override readonly name = "InvocationFailed";
  readonly functionName: string;
  readonly retryable: boolean;

  constructor(functionName: string, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.functionName = functionName;
    this.retryable = options.retryable ?? false;
  }
}

/** Runs functions for triggers: waits for the worker, applies time-out and retry policy, writes the output bindings. */
export interface Invoker {
  /** Rejects with InvocationFailed. An aborted `signal` ends the waiting before the call, never a running function. */
  invoke(
    functionName: string,
    request: InvocationRequest,
    options?: { signal?: AbortSignal },
  ): Promise<InvocationOutcome>;
}

/** Writes what a function left for an output binding; made by `createOutputWriter` in `outputs/writer.ts`. */
export interface OutputWriter {
  /**
   * Why nothing can be written to a binding: its type is unknown, its connection is not set. Such a function is in error from the
   * start. Undefined when all is well.
   */
  problemWith(binding: Binding): string | undefined;
  write(binding: Binding, data: TypedData): Promise<void>;
  /** Closes connections; idempotent. */
  close(): Promise<void>;
}

/** What `createOutputWriter` is given. */
export interface OutputWriterOptions {
  readonly settings: Settings;
  readonly log: Log;
}

/**
 * `idle` before the first start, `retrying` while its source does not answer or refuses (it goes on trying by itself), `paused`
 * while there is no worker, `stopped` for good.
 */
export type ListenerState = "idle" | "retrying" | "running" | "paused" | "stopped";

/** What receives for one non-HTTP trigger. */
export interface Listener {
  readonly state: ListenerState;
  /** Why it last could not receive; undefined when it can, or never failed. */
  readonly lastError?: string | undefined;
  /**
   * Begins to receive, or goes on after `pause`. A rejection (connection missing, entity unknown) leaves it as it was: the host
   * logs it and calls again with back-off.
   */
  start(): Promise<void>;
  /** Takes nothing new from now on; what is in flight goes on, and its invocation may be rejected as retryable. */
  pause(): void;
  /** Takes nothing new, waits at most `drainMs` for what is in flight, closes. Idempotent, never rejects. */
  stop(drainMs: number): Promise<void>;
}

/** What a listener is made from. */
export interface ListenerOptions {
  readonly settings: Settings;
  readonly hostJson: Settings["hostJson"];
  readonly invoker: Invoker;
  readonly log: Log;
}

/**
 * `createListener` of `servicebus/listener.ts` and `timer/listener.ts`. Throws at once, with the reason in plain words, when the
 * binding asks for what is not supported or a setting does not resolve: that function is then in error, the others run.
 */
export type CreateListener = (
  metadata: FunctionMetadata,
  binding: Binding,
  options: ListenerOptions,
) => Listener;
