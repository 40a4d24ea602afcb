import type { RetryOptions } from "../core/function-metadata.ts";

/** A function's retry policy in the terms in which it is applied. */
export interface RetryPolicy {
  /** How often a failed function is called again; `Infinity` when the policy says -1. */
  readonly maxRetryCount: number;
  /** The pause before the retry of this number, counted from 1. */
  delayMs(retry: number): number;
}

const unlimited = -1;
/** Spreads exponential pauses by up to this share, so that what failed together does not come back together. */
const jitterShare = 0.2;

/** Reads a retry policy; undefined when the function has none. Throws when it makes no sense. */
export function readRetryPolicy(
  options: RetryOptions | undefined,
  random = Math.random,
): RetryPolicy | undefined {
  if (options === undefined) return undefined;
  const { maxRetryCount, retryStrategy } = options;
  if (!Number.isInteger(maxRetryCount) || maxRetryCount < unlimited) {
    throw new RangeError(
      `the retry policy's maxRetryCount is ${maxRetryCount}; it is a count, or -1 for no limit`,
    );
  }
  const count = maxRetryCount === unlimited ? Number.POSITIVE_INFINITY : maxRetryCount;
  if (retryStrategy === "fixedDelay") {
    const delay = seconds(options.delayInterval?.seconds, "delayInterval");
    return { maxRetryCount: count, delayMs: () => delay };
  }
  if (retryStrategy === "exponentialBackoff") {
    const least = seconds(options.minimumInterval?.seconds, "minimumInterval");
    const most = seconds(options.maximumInterval?.seconds, "maximumInterval");
    return {
      maxRetryCount: count,
      delayMs: (retry) =>
        Math.min(most, least * 2 ** (retry - 1) * (1 - jitterShare / 2 + jitterShare * random())),
    };
  }
  throw new RangeError(
    `the retry strategy '${String(retryStrategy)}' is neither fixedDelay nor exponentialBackoff`,
  );
}

function seconds(value: number | undefined, name: string): number {
  if (value === undefined) throw new RangeError(`the retry policy needs ${name}`);
  return value * 1_000;
}
