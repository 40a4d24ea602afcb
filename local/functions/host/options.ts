import type { CorsOptions } from "../http/cors.ts";
import type { FunctionKeys } from "../http/keys.ts";
import type { LogSink } from "../log/log.ts";
import type { HostedFunction } from "./function-catalog.ts";
import type { HostEvent, HostState } from "./host-events.ts";
import type { Timings } from "./timings.ts";

/** How a host is started. */
export interface HostOptions {
  /** The folder that holds host.json and package.json. */
  readonly appDir: string;
  /** The port on the loopback address; 0, the default, takes a free one. */
  readonly port?: number;
  /** The settings of the app and the environment of its worker; this process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** With keys, HTTP functions ask for them; without, everybody is let in, as with Core Tools. */
  readonly auth?: FunctionKeys;
  /** Which pages of other origins may call; by default what local.settings.json says. */
  readonly cors?: CorsOptions;
  /** The host's own log; by default it is silent. */
  readonly log?: LogSink;
  /** What the app writes to stdout and stderr, line by line and unchanged. */
  readonly onWorkerLine?: (line: string, stream: "stdout" | "stderr") => void;
  readonly onEvent?: (event: HostEvent) => void;
  /** The built worker; by default the one in `dist/local`. */
  readonly workerPath?: string;
  /** Arguments for the worker's node, such as `--inspect`. */
  readonly nodeArguments?: readonly string[];
  readonly timings?: Partial<Timings>;
  /** Stops the host when it is aborted, also while it starts; `startHost` then rejects. */
  readonly signal?: AbortSignal;
}

/** A host that runs. */
export interface Host extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** The process that holds the app now; undefined between two workers. */
  readonly workerPid: number | undefined;
  readonly state: HostState;
  readonly functions: readonly HostedFunction[];
  /** Settles when the host has stopped: with the reason when it gave up by itself. */
  readonly stopped: Promise<Error | undefined>;
  /**
   * Drains and stops: no new requests or messages, then at most `graceMs` for what is in flight, then the appTerminate hooks. Open
   * event streams are not waited for; the hooks may still write to them. Idempotent.
   */
  stop(graceMs?: number): Promise<void>;
}
