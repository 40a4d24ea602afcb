import type { Timings } from "./timings.ts";

/** How a worker process ended. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Why a worker ended, and so what follows from it. */
export type EndMeaning =
  /** Exit code 200: the app wanted to be started anew. */
  | "intended"
  /** Exit code 0: meant as "all is well", which hosts before 2026 take for nothing at all. */
  | "zero"
  /** Any other code, or a signal. */
  | "error"
  /** The host ended it after a function ran too long. */
  | "timeout"
  /** The host ended it in order to stop. */
  | "stopped";

/** What to do after a worker has ended. */
export type Restart =
  | { readonly kind: "restart"; readonly delayMs: number }
  | { readonly kind: "give-up"; readonly reason: string };

/** The exit code by which a worker asks to be started anew without being counted as failed. */
export const intendedExitCode = 200;

/** Reads the meaning of an end that the host did not bring about. */
export function meaningOf({ code, signal }: WorkerEnd): "intended" | "zero" | "error" {
  if (signal !== null) return "error";
  if (code === intendedExitCode) return "intended";
  return code === 0 ? "zero" : "error";
}

/** Counts the errors of the worker and decides whether it is started again. Time is given by the caller. */
export class RestartPolicy {
  readonly #limits: Pick<Timings, "errorRestartMs" | "errorWindowMs" | "maxErrors">;
  #errorTimes: number[] = [];

  constructor(limits: Pick<Timings, "errorRestartMs" | "errorWindowMs" | "maxErrors">) {
    this.#limits = limits;
  }

  after(meaning: Exclude<EndMeaning, "stopped">, nowMs: number): Restart {
    if (meaning !== "error") return { kind: "restart", delayMs: 0 };
    const { errorWindowMs, maxErrors, errorRestartMs } = this.#limits;
    this.#errorTimes = [...this.#errorTimes.filter((time) => nowMs - time < errorWindowMs), nowMs];
    if (this.#errorTimes.length <= maxErrors) return { kind: "restart", delayMs: errorRestartMs };
    const minutes = Math.round(errorWindowMs / 60_000);
    return {
      kind: "give-up",
      reason: `The worker ended with an error ${this.#errorTimes.length} times within ${minutes} minutes; the limit is ${maxErrors}.`,
    };
  }
}

/** An end in words, for logs and errors. */
export function describeEnd({ code, signal }: WorkerEnd): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}
