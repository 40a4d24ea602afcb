import { describe, expect, test } from "vitest";
import { systemClock, withJitter } from "../../../shared/kernel/clock.ts";

describe("a delay", () => {
  test("is over after its time", async () => {
    const before = systemClock.monotonicMs();
    await systemClock.delay(5);
    // Timers may fire up to a millisecond early.
    expect(systemClock.monotonicMs() - before).toBeGreaterThanOrEqual(4);
  });

  test("is over at once when its signal aborts, before or meanwhile", async () => {
    const before = systemClock.monotonicMs();
    await systemClock.delay(60_000, AbortSignal.abort());
    const stop = new AbortController();
    const delay = systemClock.delay(60_000, stop.signal);
    stop.abort(new Error("no matter what"));
    await delay;
    expect(systemClock.monotonicMs() - before).toBeLessThan(30_000);
  });
});

test("jitter is a fifth either way, so that what starts together does not act together", () => {
  const delays = Array.from({ length: 1_000 }, () => withJitter(1_000));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(800);
  expect(Math.max(...delays)).toBeLessThanOrEqual(1_200);
  expect(new Set(delays).size).toBeGreaterThan(900);
});
