import type { Clock } from "../shared/kernel/clock.ts";

/** Time as browsers and Node both tell it. */
export const browserClock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  delay: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener("abort", end);
    }),
};
