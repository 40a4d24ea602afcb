import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { FunctionError, WorkerGone } from "../core/failures.ts";
import type { InvocationOutcome } from "../core/listener.ts";
import {
  isFromWorker,
  type FromWorker,
  type InvokeMessage,
  type LoadedMessage,
  type LogMessage,
  type ToWorker,
} from "../core/messages.ts";
import { describeEnd, type WorkerEnd } from "./restart-policy.ts";

/** The version of the host that this stands in for, as the library and the app see it. */
export const hostVersion = "4.1043.0";

/** How long the channel of a process that has ended may take to deliver what is still in it. */
const lastWordsMs = 1_000;

/** What a worker process is started with. */
export interface WorkerOptions {
  readonly workerPath: string;
  readonly appDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Arguments for node itself, before the worker's file. */
  readonly nodeArguments: readonly string[];
  readonly onLine: (line: string, stream: "stdout" | "stderr") => void;
  readonly onLog: (entry: LogMessage) => void;
}

interface PendingInvocation {
  readonly resolve: (outcome: InvocationOutcome) => void;
  readonly reject: (error: Error) => void;
  hasStarted: boolean;
}

/** One life of the process that holds the app. */
export class WorkerProcess {
  /** The app's functions; rejects if the app cannot be loaded or the process ends before. */
  readonly loaded: Promise<LoadedMessage>;
  /** Settles when the process is gone and what it still said on the channel has been heard. */
  readonly ended: Promise<WorkerEnd>;
  readonly #child: ChildProcess;
  readonly #onLog: (entry: LogMessage) => void;
  readonly #pending = new Map<string, PendingInvocation>();
  #settleLoaded: { resolve: (loaded: LoadedMessage) => void; reject: (error: Error) => void } | undefined;
  #end: WorkerEnd | undefined;

  constructor(options: WorkerOptions) {
    this.#onLog = options.onLog;
    this.#child = fork(options.workerPath, [], {
      cwd: options.appDir,
      env: options.env,
      execArgv: [...options.nodeArguments],
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.loaded = new Promise((resolve, reject) => (this.#settleLoaded = { resolve, reject }));
    // Whoever waits is told; a worker that nobody waits for must not end the host.
    this.loaded.catch(() => undefined);
    this.#child.on("message", (message: unknown) => {
      if (isFromWorker(message)) this.#receive(message);
    });
    this.ended = this.#watchEnd(options);
    this.#send({ kind: "load", appDir: options.appDir, hostVersion });
  }

  /** Undefined when the process could not even be created. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Runs a function. Rejects with FunctionError, or with WorkerGone when the process ends before the answer. */
  invoke(message: InvokeMessage): Promise<InvocationOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#gone(false));
      this.#pending.set(message.invocationId, { resolve, reject, hasStarted: false });
      this.#send(message);
    });
  }

  /** Tells the worker that the HTTP request of an invocation will not come. */
  abandon(invocationId: string, reason: string): void {
    if (this.#pending.has(invocationId)) this.#send({ kind: "abandon", invocationId, reason });
  }

  /** Has the appTerminate hooks run; kills the process when that takes longer than it may. */
  async terminate(withinMs: number): Promise<WorkerEnd> {
    this.#send({ kind: "terminate" });
    const deadline = setTimeout(() => this.kill(), withinMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(deadline);
    }
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #send(message: ToWorker): void {
    // A closed channel means that the process is ending; `ended` then fails everything that is pending.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "loaded":
        this.#settleLoaded?.resolve(message);
        break;
      case "load-failed":
        this.#settleLoaded?.reject(new FunctionError(message.error));
        break;
      case "log":
        this.#onLog(message);
        break;
      case "started": {
        const pending = this.#pending.get(message.invocationId);
        if (pending !== undefined) pending.hasStarted = true;
        break;
      }
      case "result": {
        const pending = this.#pending.get(message.invocationId);
        this.#pending.delete(message.invocationId);
        if ("error" in message.outcome) pending?.reject(new FunctionError(message.outcome.error));
        else pending?.resolve(message.outcome);
        break;
      }
    }
  }

  async #watchEnd({ onLine }: WorkerOptions): Promise<WorkerEnd> {
    const child = this.#child;
    for (const stream of ["stdout", "stderr"] as const) {
      const input = child[stream];
      if (input !== null) createInterface({ input }).on("line", (line) => onLine(line, stream));
    }
    const failedToStart = once(child, "error").then((): WorkerEnd => ({ code: 1, signal: null }));
    const exited = once(child, "exit").then(([code, signal]): WorkerEnd => ({ code, signal }));
    const end = await Promise.race([exited, failedToStart]);
    // Results that the worker sent just before its end may still be on their way.
    const signal = AbortSignal.timeout(lastWordsMs);
    if (child.connected) await once(child, "disconnect", { signal }).catch(() => undefined);
    this.#end = end;
    this.#settleLoaded?.reject(this.#gone(false));
    for (const pending of this.#pending.values()) pending.reject(this.#gone(pending.hasStarted));
    this.#pending.clear();
    return end;
  }

  #gone(hadStarted: boolean): WorkerGone {
    const how = this.#end === undefined ? "is ending" : `ended with ${describeEnd(this.#end)}`;
    return new WorkerGone(`The worker (pid ${this.pid}) ${how}.`, hadStarted);
  }
}
