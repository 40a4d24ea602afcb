import { describe, expect, test } from "vitest";
import { readRetryPolicy } from "../../../local/functions/host/retry-policy.ts";

describe("a retry policy", () => {
  test("with a fixed delay pauses the same each time", () => {
    const policy = readRetryPolicy({
      maxRetryCount: 2,
      retryStrategy: "fixedDelay",
      delayInterval: { seconds: 5 },
    });
    expect(policy?.maxRetryCount).toBe(2);
    expect([1, 2, 3].map((retry) => policy?.delayMs(retry))).toEqual([5_000, 5_000, 5_000]);
  });

  test("with exponential back-off doubles its pauses up to the longest", () => {
    const policy = readRetryPolicy(
      {
        maxRetryCount: -1,
        retryStrategy: "exponentialBackoff",
        minimumInterval: { seconds: 1 },
        maximumInterval: { seconds: 6 },
      },
      () => 0.5,
    );
    expect(policy?.maxRetryCount).toBe(Number.POSITIVE_INFINITY);
    expect([1, 2, 3, 4].map((retry) => policy?.delayMs(retry))).toEqual([1_000, 2_000, 4_000, 6_000]);
  });

  test("is none when the function has none", () => {
    expect(readRetryPolicy(undefined)).toBeUndefined();
  });

  test("that makes no sense is refused", () => {
    const count = { maxRetryCount: -2, retryStrategy: "fixedDelay", delayInterval: { seconds: 1 } } as const;
    expect(() => readRetryPolicy(count)).toThrow("maxRetryCount is -2");
    const pauses = { maxRetryCount: 1, retryStrategy: "exponentialBackoff" } as const;
    expect(() => readRetryPolicy(pauses)).toThrow("needs minimumInterval");
  });
});
