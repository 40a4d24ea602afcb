/** Every time and count that the host's behaviour rests on. Each may be set when a host is started; tests make them short. */
export interface Timings {
  /** How long a worker may take to load the app. Real host: 60 s (ProcessStartupTimeout). */
  readonly workerStartMs: number;
  /** The pause before a worker that ended with an error is started again. Real host: 10 s (ProcessRestartInterval). */
  readonly errorRestartMs: number;
  /** The window in which errors of the worker are counted. Real host: 30 min. */
  readonly errorWindowMs: number;
  /** More errors than this within the window and the host stops. Real host: 3 for each worker process; there is one. */
  readonly maxErrors: number;
  /** How long an HTTP request or a message waits for the worker before it fails. Real host: 60 s. */
  readonly workerWaitMs: number;
  /** How long the appTerminate hooks and the end of the worker may take. Real host: 10 s (ProcessShutdownTimeout). */
  readonly terminateMs: number;
  /** How long `stop` waits for what is in flight unless it is told otherwise. */
  readonly drainMs: number;
  /** How long `startHost` waits for listeners that are still connecting; they go on afterwards. */
  readonly listenerStartMs: number;
  /** The first and the longest pause before a listener that failed to start is started again. */
  readonly listenerRetryMs: number;
  readonly maxListenerRetryMs: number;
}

/** The local defaults. They differ from the real host's where a developer would otherwise wait. */
export const defaultTimings: Timings = {
  workerStartMs: 60_000,
  errorRestartMs: 1_000,
  errorWindowMs: 30 * 60_000,
  maxErrors: 3,
  workerWaitMs: 30_000,
  terminateMs: 10_000,
  drainMs: 10_000,
  listenerStartMs: 5_000,
  listenerRetryMs: 1_000,
  maxListenerRetryMs: 30_000,
};
