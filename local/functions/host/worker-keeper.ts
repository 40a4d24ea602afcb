import { setTimeout as sleep } from "node:timers/promises";
import type { LoadedMessage } from "../core/messages.ts";
import { messageOf, type Log } from "../log/log.ts";
import { describeEnd, meaningOf, RestartPolicy, type EndMeaning, type WorkerEnd } from "./restart-policy.ts";
import type { Timings } from "./timings.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** A worker that has loaded the app. */
export interface ReadyWorker {
  readonly process: WorkerProcess;
  readonly app: LoadedMessage;
}

/** What the keeper tells the host about. */
export interface KeeperEvents {
  /** A process was started; it has not loaded the app yet. */
  started(process: WorkerProcess): void;
  /** The app is loaded. Invocations wait until this has settled, so that the host can look at the functions first. */
  loaded(worker: ReadyWorker): Promise<void>;
  /** The worker takes invocations from now on. */
  ready(worker: ReadyWorker): void;
  /** The process is gone; nothing reaches the app until the next `loaded`. */
  ended(process: WorkerProcess, end: WorkerEnd, meaning: EndMeaning): void;
  /** Too many errors: no further worker will be started. */
  gaveUp(reason: string): void;
}

/**
 * Keeps one worker alive. In words: start a process; it loads the app, and is ready; it ends, for whatever reason; the policy says
 * whether and when the next one is started, or that it is enough. `stop` ends the circle at any point.
 */
export class WorkerKeeper {
  readonly #start: () => WorkerProcess;
  readonly #events: KeeperEvents;
  readonly #timings: Timings;
  readonly #log: Log;
  readonly #policy: RestartPolicy;
  readonly #stopping = new AbortController();
  readonly #waiters = new Set<(worker: ReadyWorker | Error) => void>();
  readonly #timedOut = new WeakSet<WorkerProcess>();
  #process: WorkerProcess | undefined;
  #ready: ReadyWorker | undefined;
  #failure: Error | undefined;
  #circle: Promise<void> | undefined;
  /** What is told when the keeper gives up: why the app did not load, or how its worker ended. */
  #lastTrouble = "";

  constructor(start: () => WorkerProcess, events: KeeperEvents, timings: Timings, log: Log) {
    this.#start = start;
    this.#events = events;
    this.#timings = timings;
    this.#log = log;
    this.#policy = new RestartPolicy(timings);
  }

  /** The process that runs now, loaded or not. */
  get process(): WorkerProcess | undefined {
    return this.#process;
  }

  /** The worker that takes invocations now. */
  get current(): ReadyWorker | undefined {
    return this.#ready;
  }

  /** Begins; the first worker is `loaded` or the keeper has given up when `ready` says so. */
  start(): void {
    this.#circle ??= this.#run();
  }

  /** The worker, as soon as there is one that takes invocations. Rejects when none came in time, or none will come. */
  ready(withinMs: number, signal?: AbortSignal): Promise<ReadyWorker> {
    // One that has just ended is not given out again, though the circle has not come round yet.
    if (this.#ready?.process.hasEnded === false) return Promise.resolve(this.#ready);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const settle = (outcome: ReadyWorker | Error): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
        this.#waiters.delete(settle);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const aborted = (): void => settle(new Error("Nobody waits for the worker any more."));
      const tooLate = (): void => settle(new Error(`No worker was ready within ${withinMs} ms.`));
      const timer = Number.isFinite(withinMs) ? setTimeout(tooLate, withinMs) : undefined;
      signal?.addEventListener("abort", aborted);
      this.#waiters.add(settle);
      if (signal?.aborted === true) aborted();
    });
  }

  /** Ends a worker in which a function ran too long; the next one is started at once and no error is counted. */
  endForTimeout(process: WorkerProcess): void {
    this.#timedOut.add(process);
    process.kill();
  }

  /** Ends the worker for good: hooks first, by force when they take too long. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#fail(new Error("The host has stopped."));
    const process = this.#process;
    if (process !== undefined && !process.hasEnded) await process.terminate(this.#timings.terminateMs);
    await this.#circle;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const process = this.#start();
      this.#process = process;
      this.#events.started(process);
      await this.#serve(process);
      const end = await process.ended;
      const meaning = this.#meaningOf(process, end);
      this.#tell(process, end, meaning);
      this.#events.ended(process, end, meaning);
      if (meaning === "stopped") return;
      const next = this.#policy.after(meaning, Date.now());
      if (next.kind === "give-up") {
        const reason = `${next.reason} Last: ${this.#lastTrouble}`;
        this.#fail(new Error(reason));
        this.#events.gaveUp(reason);
        return;
      }
      // Aborted means stopped; the loop's condition sees it.
      await sleep(next.delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  async #serve(process: WorkerProcess): Promise<void> {
    const tooSlow = setTimeout(() => {
      this.#log("error", `The worker did not load the app within ${this.#timings.workerStartMs} ms.`);
      process.kill();
    }, this.#timings.workerStartMs);
    try {
      const app = await process.loaded;
      clearTimeout(tooSlow);
      const worker = { process, app };
      await this.#events.loaded(worker);
      if (process.hasEnded || this.#stopping.signal.aborted) return;
      this.#ready = worker;
      for (const settle of this.#waiters) settle(worker);
      this.#events.ready(worker);
    } catch (error) {
      this.#lastTrouble = messageOf(error);
      this.#log("error", this.#lastTrouble);
      // A worker that could not load the app ends by itself; one that hangs on must not stay.
      setTimeout(() => process.kill(), this.#timings.terminateMs).unref();
    } finally {
      clearTimeout(tooSlow);
    }
  }

  #meaningOf(process: WorkerProcess, end: WorkerEnd): EndMeaning {
    if (this.#stopping.signal.aborted) return "stopped";
    return this.#timedOut.has(process) ? "timeout" : meaningOf(end);
  }

  #tell({ pid }: WorkerProcess, end: WorkerEnd, meaning: EndMeaning): void {
    const what = `Worker ${pid} ended with ${describeEnd(end)}`;
    if (this.#ready !== undefined) this.#lastTrouble = `${what}.`;
    this.#ready = undefined;
    if (meaning === "intended") this.#log("information", `${what}: restarted on purpose, not counted.`);
    if (meaning === "timeout") this.#log("warning", `${what}: restarted after a function ran too long.`);
    if (meaning === "error") this.#log("error", `${what}: counted as an error.`);
    if (meaning === "zero") {
      this.#log(
        "error",
        `${what}. Older hosts hang on exit code 0: the worker is not replaced and calls never return. Use 200 to be restarted. Restarted here.`,
      );
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const settle of this.#waiters) settle(this.#failure);
  }
}
