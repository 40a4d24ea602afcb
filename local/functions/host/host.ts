import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { OutputWriter } from "../core/listener.ts";
import type { LogMessage } from "../core/messages.ts";
import type { AdminSubject } from "../http/admin.ts";
import { Dispatcher } from "../http/dispatch.ts";
import { FrontServer } from "../http/front-server.ts";
import { keyGate, openGate } from "../http/keys.ts";
import { defaultMaxBodyBytes } from "../http/request-body.ts";
import { filterByLevel } from "../log/level-filter.ts";
import { logAs, messageOf, type Log, type LogSink } from "../log/log.ts";
import { createOutputWriter } from "../outputs/writer.ts";
import { loadSettings, type Settings } from "../settings/settings.ts";
import type { HostedFunction } from "./function-catalog.ts";
import { FunctionRunner } from "./function-runner.ts";
import type { HostState } from "./host-events.ts";
import { InFlight } from "./in-flight.ts";
import { ListenerSet } from "./listener-set.ts";
import { noApp, readApp, type LoadedApp } from "./loaded-app.ts";
import type { Host, HostOptions } from "./options.ts";
import { reportFunctions, urlTemplate } from "./report.ts";
import { defaultTimings, type Timings } from "./timings.ts";
import { WorkerKeeper, type KeeperEvents } from "./worker-keeper.ts";
import { WorkerProcess } from "./worker-process.ts";

/** How long the last bytes of open responses may take to reach their clients after the worker has ended. */
const lastBytesMs = 1_000;

/** Starts a host; resolves when the app is loaded and its listeners have begun, rejects when it cannot be loaded. */
export async function startHost(options: HostOptions): Promise<Host> {
  const appDir = resolve(options.appDir);
  const settings = loadSettings({ appDir, env: options.env ?? process.env });
  const host = new FunctionsHost({ ...options, appDir }, settings);
  options.signal?.throwIfAborted();
  options.signal?.addEventListener("abort", () => void host.stop(), { once: true });
  await host.open();
  return host;
}

/** starting → running ⇄ restarting → stopping → stopped. The only place that holds every part of the host. */
class FunctionsHost implements Host {
  readonly stopped: Promise<Error | undefined>;
  readonly #options: HostOptions;
  readonly #settings: Settings;
  readonly #timings: Timings;
  readonly #sink: LogSink;
  readonly #log: Log;
  readonly #outputs: OutputWriter;
  readonly #keeper: WorkerKeeper;
  readonly #listeners: ListenerSet;
  readonly #dispatcher: Dispatcher;
  readonly #front: FrontServer;
  readonly #inFlight = new InFlight();
  readonly #stopping = new AbortController();
  readonly #startedAt = performance.now();
  #app: LoadedApp | undefined;
  #port = 0;
  #state: HostState = "starting";
  #listening: Promise<void> | undefined;
  #stop: Promise<void> | undefined;
  #failure: Error | undefined;
  #settleStopped: (failure: Error | undefined) => void = () => undefined;

  constructor(options: HostOptions, settings: Settings) {
    this.#options = options;
    this.#settings = settings;
    this.#timings = { ...defaultTimings, ...options.timings };
    this.stopped = new Promise((settle) => (this.#settleStopped = settle));
    this.#sink = filterByLevel(options.log ?? (() => undefined), settings.hostJson.logLevels);
    this.#log = logAs(this.#sink, "Host.Lifecycle");
    this.#outputs = createOutputWriter({ settings, log: logAs(this.#sink, "Host.Outputs") });
    this.#keeper = new WorkerKeeper(
      () => this.#startWorker(),
      this.#keeperEvents(),
      this.#timings,
      logAs(this.#sink, "Host.Worker"),
    );
    const runner = new FunctionRunner({
      keeper: this.#keeper,
      functions: () => (this.#app ?? noApp).byName,
      outputs: this.#outputs,
      functionTimeoutMs: settings.hostJson.functionTimeoutMs,
      timings: this.#timings,
      sink: this.#sink,
      stopping: this.#stopping.signal,
    });
    this.#listeners = new ListenerSet({
      settings,
      invoker: runner,
      timings: this.#timings,
      sink: this.#sink,
    });
    const httpLog = logAs(this.#sink, "Host.Http");
    this.#dispatcher = new Dispatcher({
      routes: () => this.#app?.routes,
      runner,
      inFlight: this.#inFlight,
      gate: options.auth === undefined ? openGate : keyGate(options.auth),
      cors: options.cors ?? { origins: settings.server.cors, credentials: settings.server.corsCredentials },
      admin: this.#adminSubject(runner),
      showsHomePage: settings.get("AzureWebJobsDisableHomepage")?.toLowerCase() !== "true",
      maxBodyBytes: Number(settings.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT") ?? defaultMaxBodyBytes),
      maxOutstanding: settings.hostJson.http.maxOutstandingRequests,
      log: httpLog,
    });
    this.#front = new FrontServer((request, response) => this.#dispatcher.handle(request, response), httpLog);
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get workerPid(): number | undefined {
    const process = this.#keeper.process;
    return process === undefined || process.hasEnded ? undefined : process.pid;
  }

  get state(): HostState {
    return this.#state;
  }

  get functions(): readonly HostedFunction[] {
    return (this.#app ?? noApp).functions;
  }

  async open(): Promise<void> {
    for (const name of this.#settings.shadowed) {
      this.#log("warning", `local.settings.json: ${name} is not used, the environment sets it too.`);
    }
    for (const what of this.#settings.ignored) this.#log("error", `Not done by this host: ${what}.`);
    this.#port = await this.#front.listen(this.#options.port ?? 0);
    this.#keeper.start();
    try {
      await this.#keeper.ready(Number.POSITIVE_INFINITY);
    } catch (error) {
      await this.stop(0);
      throw this.#failure ?? error;
    }
    if (this.#app !== undefined) reportFunctions(this.#app, this.url, this.#log);
    await this.#withinPatience(this.#listening);
    // Tools that start a host wait for this line of the real one before they go on.
    const lease = `Host lock lease acquired by instance ID '${randomUUID()}'`;
    this.#log("information", `${lease} (in name only: nothing shares the app with this host).`);
    this.#log("information", `The host is ready at ${this.url}.`);
  }

  stop(graceMs: number = this.#timings.drainMs): Promise<void> {
    this.#stop ??= this.#drainAndEnd(graceMs);
    return this.#stop;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #drainAndEnd(graceMs: number): Promise<void> {
    this.#state = "stopping";
    this.#log("information", `The host stops: at most ${graceMs} ms for what is in flight.`);
    this.#front.refuse();
    this.#stopping.abort();
    const [, isIdle] = await Promise.all([this.#listeners.stop(graceMs), this.#inFlight.idle(graceMs)]);
    if (!isIdle)
      this.#log("warning", `${this.#inFlight.count} requests were still in flight and are cut off.`);
    await this.#keeper.stop();
    // What the worker said last is still on its way to the clients.
    await this.#inFlight.over(lastBytesMs);
    await this.#front.close();
    this.#dispatcher.close();
    await this.#outputs.close();
    this.#state = "stopped";
    this.#log("information", "The host has stopped.");
    this.#settleStopped(this.#failure);
  }

  #startWorker(): WorkerProcess {
    const { appDir, workerPath = defaultWorkerPath(), nodeArguments = [], onWorkerLine } = this.#options;
    return new WorkerProcess({
      workerPath,
      appDir,
      env: { ...this.#settings.workerEnvironment(), WEBSITE_HOSTNAME: `127.0.0.1:${this.#port}` },
      nodeArguments: [...nodeArguments, ...this.#settings.nodeArguments],
      onLine: (line, stream) => onWorkerLine?.(line, stream),
      onLog: ({ level, category, message, functionName }) => {
        this.#sink({ level, category: categoryOf(category, functionName), message });
      },
    });
  }

  #keeperEvents(): KeeperEvents {
    const tell = this.#options.onEvent ?? (() => undefined);
    return {
      started: ({ pid }) => {
        if (pid !== undefined) tell({ kind: "worker-started", pid });
      },
      loaded: async ({ app }) => {
        this.#app = await readApp(app, { settings: this.#settings, outputs: this.#outputs }, (functions) =>
          this.#listeners.sync(functions),
        );
      },
      ready: ({ process: { pid }, app }) => {
        const { HttpUri = "none: HTTP is buffered" } = app.capabilities;
        this.#log("debug", `Worker ${pid} has loaded the app. HttpUri ${HttpUri}`);
        this.#moveTo("running");
        this.#listening = this.#listeners.resume();
        const functions = this.functions.map(({ metadata }) => metadata.name);
        if (pid !== undefined) tell({ kind: "ready", pid, functions });
      },
      ended: ({ pid }, { code, signal }, meaning) => {
        this.#moveTo("restarting");
        if (meaning !== "stopped") this.#listeners.pause();
        if (pid !== undefined) tell({ kind: "worker-exited", pid, code, signal, meaning });
      },
      gaveUp: (reason) => {
        this.#failure = new Error(reason);
        this.#log("critical", `${reason} The host stops.`);
        tell({ kind: "error", message: reason });
        void this.stop(0);
      },
    };
  }

  #moveTo(state: "running" | "restarting"): void {
    const isBeforeFirstWorker = this.#state === "starting" && state === "restarting";
    if (this.#stop === undefined && !isBeforeFirstWorker) this.#state = state;
  }

  #adminSubject(runner: FunctionRunner): AdminSubject {
    const state = (): string => (this.#state === "running" ? "Running" : "Starting");
    const uptime = (): number => Math.round(performance.now() - this.#startedAt);
    return {
      status: () => ({ state: state(), uptimeMs: uptime() }),
      functions: () => this.functions,
      templateOf: (hosted) => urlTemplate(hosted, this.#app?.routes, this.url),
      run: (name, request) => {
        const work = this.#inFlight.begin();
        const failed = (error: unknown): void =>
          this.#log("error", `'${name}', run by hand, failed: ${messageOf(error)}`);
        void runner
          .invoke(name, request)
          .catch(failed)
          .finally(() => work.done());
      },
    };
  }

  /** Listeners whose broker is away must not keep the host from being called ready. */
  async #withinPatience(listening: Promise<void> | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((settle) => {
      timer = setTimeout(settle, this.#timings.listenerStartMs);
    });
    await Promise.race([listening, enough]).finally(() => clearTimeout(timer));
  }
}

/** What code of the app logged is its function's; the rest is the worker's own, as in the real host. */
function categoryOf(category: LogMessage["category"], functionName: string | undefined): string {
  if (category === "system") return functionName === undefined ? "Worker" : `Worker.${functionName}`;
  return functionName === undefined ? "Worker.User" : `Function.${functionName}.User`;
}

/** The built worker, seen from the built host beside it or from the source. */
function defaultWorkerPath(): string {
  const isSource = import.meta.url.endsWith(".ts");
  return fileURLToPath(new URL(isSource ? "../../../dist/local/worker.js" : "./worker.js", import.meta.url));
}
