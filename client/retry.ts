import type { Clock } from "../shared/kernel/clock.ts";
import { InterroleProblem, InterroleUnreachable } from "./problem.ts";

const firstDelayMs = 500;
/** A session whose client is away ends after its grace time, by default 30 s: an outage in that time must not be slept through. */
const maxDelayMs = 5_000;

/** What the server cannot do just now, or a proxy on the way. */
const transientStatus: ReadonlySet<number> = new Set([502, 503, 504]);

/** Chance, as a number from 0 up to 1. */
export type Random = () => number;

/**
 * How long to wait before attempt number `attempt` + 1: anything up to a bound that doubles, so that clients which lost the same instance do not
 * come back all at once.
 */
export function backOffMs(attempt: number, random: Random): number {
  return random() * Math.min(maxDelayMs, firstDelayMs * 2 ** attempt);
}

/** Whether the same request may work later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof InterroleUnreachable) return true;
  if (!(error instanceof InterroleProblem)) return false;
  if (error.status === 429) return error.retryAfterMs !== undefined;
  // A worker that ends in the middle of a request leaves its host to answer 500 for it.
  return transientStatus.has(error.status) || (error.status === 500 && !error.isOurs);
}

/** The wait before the next attempt: what the server asked for, and something on top. */
export function delayBefore(error: unknown, attempt: number, random: Random): number {
  const asked = error instanceof InterroleProblem ? (error.retryAfterMs ?? 0) : 0;
  return asked + backOffMs(attempt, random);
}

export interface Patience {
  clock: Clock;
  random: Random;
  /** No attempt begins later than so long after the first. */
  patienceMs: number;
  signal: AbortSignal;
}

/** Tries until it works, cannot work, or the patience is used up; then throws the last error. */
export async function retrying<T>(
  act: (attempt: number) => Promise<T>,
  { clock, random, patienceMs, signal }: Patience,
): Promise<T> {
  const untilMs = clock.monotonicMs() + patienceMs;
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await act(attempt);
    } catch (error) {
      const delayMs = delayBefore(error, attempt, random);
      if (!isTransient(error) || clock.monotonicMs() + delayMs > untilMs) throw error;
      await clock.delay(delayMs, signal);
    }
  }
}
