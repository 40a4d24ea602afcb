import type { Clock } from "../kernel/clock.ts";
import { Problem } from "../kernel/problem.ts";
import { presenceLimits } from "./limits.ts";

/** Buckets that have been full for long are forgotten when there are so many. */
const maxBuckets = 20_000;

/** How quickly each session may send through this instance: a token bucket each. */
export class SendRates {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one send. Throws Problem `too-many-requests` when the session is too quick. */
  count(session: string): void {
    const { sendBurst, sendsPerSecond } = presenceLimits;
    const now = this.#clock.monotonicMs();
    const before = this.#buckets.get(session) ?? { tokens: sendBurst, atMs: now };
    const tokens = Math.min(sendBurst, before.tokens + ((now - before.atMs) / 1_000) * sendsPerSecond);
    if (tokens < 1) {
      throw new Problem(
        "too-many-requests",
        `A session may send ${sendsPerSecond} messages a second, and ${sendBurst} in a row`,
        { retryAfterSeconds: 1 },
      );
    }
    if (this.#buckets.size >= maxBuckets) this.#forgetFull(now);
    this.#buckets.set(session, { tokens: tokens - 1, atMs: now });
  }

  #forgetFull(now: number): void {
    const fullAfterMs = (presenceLimits.sendBurst / presenceLimits.sendsPerSecond) * 1_000;
    for (const [session, { atMs }] of this.#buckets)
      if (now - atMs > fullAfterMs) this.#buckets.delete(session);
  }
}
