import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { FunctionError, WorkerGone } from "../core/failures.ts";
import { outputsOf } from "../core/function-metadata.ts";
import {
  InvocationFailed,
  type InvocationOutcome,
  type InvocationRequest,
  type Invoker,
  type OutputWriter,
} from "../core/listener.ts";
import { continueTrace } from "../core/trace.ts";
import { logAs, messageOf, type LogSink } from "../log/log.ts";
import type { HostedFunction } from "./function-catalog.ts";
import { readRetryPolicy } from "./retry-policy.ts";
import type { Timings } from "./timings.ts";
import type { ReadyWorker, WorkerKeeper } from "./worker-keeper.ts";

/** What runs functions needs. */
export interface RunnerOptions {
  readonly keeper: WorkerKeeper;
  /** The functions of the app as it is loaded now, by name in lower case. */
  readonly functions: () => ReadonlyMap<string, HostedFunction>;
  readonly outputs: OutputWriter;
  readonly functionTimeoutMs: number;
  readonly timings: Timings;
  readonly sink: LogSink;
  /** Ends the pauses between retries when the host stops. */
  readonly stopping: AbortSignal;
}

/** How many workers an invocation is given to before it fails, when each ends before the app's code runs. */
export const maxWorkers = 3;

/** The longest time that a timer of Node can wait; a longer function time-out is none. */
const longestTimerMs = 2 ** 31 - 1;

/** Runs functions in the worker, for triggers of every kind. */
export class FunctionRunner implements Invoker {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  async invoke(
    functionName: string,
    request: InvocationRequest,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<InvocationOutcome> {
    const policy = readRetryPolicy(this.#find(functionName).metadata.retryOptions);
    const max = policy?.maxRetryCount ?? 0;
    let current = request;
    for (let retry = 0; ;) {
      try {
        return await this.#inSomeWorker(functionName, current, signal);
      } catch (error) {
        const failed = toFailure(functionName, error);
        // A worker that ended is not the function's failure: whoever triggered it hands the work over again.
        if (failed.retryable || policy === undefined || retry >= max) throw failed;
        retry += 1;
        await this.#pause(policy.delayMs(retry), failed);
        const exception = { message: failed.message, source: functionName };
        const maxRetryCount = Number.isFinite(max) ? max : -1;
        current = { ...request, retryContext: { retryCount: retry, maxRetryCount, exception } };
      }
    }
  }

  async #inSomeWorker(
    functionName: string,
    request: InvocationRequest,
    signal: AbortSignal | undefined,
  ): Promise<InvocationOutcome> {
    for (let workers = 1; ; workers += 1) {
      const worker = await this.ready(functionName, signal);
      try {
        return await this.attempt(functionName, request, { worker, invocationId: randomUUID() });
      } catch (error) {
        if (!isUntouched(error) || workers >= maxWorkers) throw error;
      }
    }
  }

  /** Waits for the worker as long as a request may. */
  async ready(functionName: string, signal?: AbortSignal): Promise<ReadyWorker> {
    try {
      return await this.#options.keeper.ready(this.#options.timings.workerWaitMs, signal);
    } catch (error) {
      throw new InvocationFailed(functionName, messageOf(error), { retryable: true, cause: error });
    }
  }

  /** Runs a function once in a given worker: time-out, output bindings and log included, retry policy not. */
  async attempt(
    functionName: string,
    request: InvocationRequest,
    { worker, invocationId }: { worker: ReadyWorker; invocationId: string },
  ): Promise<InvocationOutcome> {
    const hosted = this.#find(functionName);
    const { name, functionId } = hosted.metadata;
    const log = logAs(this.#options.sink, `Function.${name}`);
    const started = performance.now();
    log("information", `Executing 'Functions.${name}' (Id=${invocationId})`);
    const told = (outcome: string): string =>
      `Executed 'Functions.${name}' (${outcome}, Id=${invocationId}, Duration=${Math.round(performance.now() - started)}ms)`;
    try {
      const traced = { ...request, traceContext: continueTrace(request.traceContext) };
      const running = worker.process.invoke({ kind: "invoke", invocationId, functionId, request: traced });
      const outcome = await this.#withinTimeout(name, running, worker);
      await this.#writeOutputs(hosted, outcome);
      log("information", told("Succeeded"));
      return outcome;
    } catch (error) {
      log("error", told("Failed"), error);
      throw toFailure(name, error);
    }
  }

  #find(functionName: string): HostedFunction {
    const hosted = this.#options.functions().get(functionName.toLowerCase());
    if (hosted !== undefined && hosted.problem === undefined) return hosted;
    const reason = hosted?.problem ?? "the app has no such function";
    throw new InvocationFailed(functionName, `'${functionName}' cannot run: ${reason}.`);
  }

  async #withinTimeout(
    name: string,
    running: Promise<InvocationOutcome>,
    worker: ReadyWorker,
  ): Promise<InvocationOutcome> {
    const { functionTimeoutMs, keeper } = this.#options;
    if (functionTimeoutMs > longestTimerMs) return running;
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const message = `Timeout value of ${functionTimeoutMs} ms exceeded by function 'Functions.${name}': the worker is restarted.`;
        logAs(this.#options.sink, `Function.${name}`)("error", message);
        reject(new InvocationFailed(name, message));
        // As in the real host: code cannot be stopped from the outside, so the whole worker goes, with all that it runs.
        keeper.endForTimeout(worker.process);
      }, functionTimeoutMs);
    });
    try {
      return await Promise.race([running, expired]);
    } finally {
      clearTimeout(timer);
      // After a time-out it rejects too, when the worker is gone.
      running.catch(() => undefined);
    }
  }

  async #writeOutputs({ metadata }: HostedFunction, outcome: InvocationOutcome): Promise<void> {
    for (const binding of outputsOf(metadata)) {
      const data =
        binding.name === "$return"
          ? outcome.returnValue
          : outcome.outputData.find(({ name }) => name === binding.name)?.data;
      if (data !== undefined) await this.#options.outputs.write(binding, data);
    }
  }

  async #pause(delayMs: number, failed: InvocationFailed): Promise<void> {
    try {
      await sleep(delayMs, undefined, { signal: this.#options.stopping });
    } catch {
      throw new InvocationFailed(
        failed.functionName,
        `${failed.message} (the host stops: no further retry)`,
        {
          retryable: true,
          cause: failed,
        },
      );
    }
  }
}

/** Whether an invocation failed before any of the app's code ran, so that it may be given to the next worker. */
export function isUntouched(error: unknown): boolean {
  return error instanceof InvocationFailed && error.cause instanceof WorkerGone && !error.cause.hadStarted;
}

function toFailure(functionName: string, error: unknown): InvocationFailed {
  if (error instanceof InvocationFailed) return error;
  const retryable = error instanceof WorkerGone;
  const message = error instanceof FunctionError ? error.remote.message : messageOf(error);
  return new InvocationFailed(functionName, message, { retryable, cause: error });
}
