import { expect, test } from "vitest";
import { askAgainMsOf, awayMsOf, holdMsOf, pace, retryMsOf } from "../../../shared/counter/pace.ts";

const chances = [0, 0.25, 0.5, 0.75, 0.999];

test("a holder stays away for longer than any process waits between two questions", () => {
  const longestAsk = Math.max(
    ...[0, 100, 5_000].flatMap((waited) => chances.map((chance) => askAgainMsOf(waited, () => chance))),
  );
  for (const isAlone of [true, false])
    for (const chance of chances) expect(awayMsOf(isAlone, () => chance)).toBeGreaterThan(longestAsk);
});

test("a process that has waited longer asks more often", () => {
  const asks = [0, 300, 900, 1_500, 9_000].map((waited) => askAgainMsOf(waited, () => 0.5));
  expect(asks).toEqual(asks.toSorted((a, b) => b - a));
  expect(asks[0]).toBeGreaterThan(3 * (asks.at(-1) ?? 0));
});

test("a lock is kept for less time when others want it", () => {
  expect(holdMsOf(false)).toBeLessThan(holdMsOf(true));
});

test("errors are tried again after 30 to 50 ms, and never after more than a second", () => {
  for (const chance of chances) {
    expect(retryMsOf(1, () => chance)).toBeLessThanOrEqual(pace.retryMs);
    expect(retryMsOf(60, () => chance)).toBeLessThanOrEqual(pace.maxRetryMs);
  }
});
