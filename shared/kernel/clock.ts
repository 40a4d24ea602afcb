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
  delay(ms, signal) {
    // Not timers/promises: it makes an error with a stack for every wait that is cut short, and most waits here are.
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms).unref();
      signal?.addEventListener("abort", end, { once: true });
    });
  },
};

/** Spreads a delay over ±20 % so that instances that started together do not act together. */
export function withJitter(ms: number): number {
  return ms * (0.8 + Math.random() * 0.4);
}
