import { setTimeout as sleep } from "node:timers/promises";

/**
 * Time as an argument. Deadlines are taken on the monotonic clock of one process; wall-clock time is for people to read and
 * is never compared with another machine's.
 */
export interface Clock {
  /** Milliseconds on a clock that never goes back; only differences mean something. */
  monotonicMs(): number;
  /** The wall clock, for display. */
  now(): Date;
  /** Resolves after so many milliseconds, or at once when the signal aborts: callers look at the signal. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  async delay(ms, signal) {
    try {
      await sleep(ms, undefined, { ref: false, ...(signal ? { signal } : {}) });
    } catch (error) {
      // An abort ends the wait early, which is what the caller asked for.
      if (!signal?.aborted) throw error;
    }
  },
};

/** Spreads a delay over ±20 % so that instances that started together do not act together. */
export function withJitter(ms: number): number {
  return ms * (0.8 + Math.random() * 0.4);
}
