import { describe, expect, test } from "vitest";
import { InterroleProblem, InterroleUnreachable } from "../../../client/problem.ts";
import { backOffMs, delayBefore, isTransient, retrying } from "../../../client/retry.ts";
import { ManualClock, turn } from "../../support/manual-clock.ts";

const problem = (status: number, retryAfterMs?: number, type = "urn:interrole:problem:x") =>
  new InterroleProblem({ type, title: "x", status, detail: "x" }, retryAfterMs);

describe("the wait before the next attempt", () => {
  test("is anything up to a bound that doubles, and stays well inside a session's grace time", () => {
    const longest = Array.from({ length: 12 }, (_, attempt) => backOffMs(attempt, () => 1));
    expect(longest.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(longest.at(-1)).toBe(5_000);
    expect(backOffMs(5, () => 0)).toBe(0);
  });

  test("is what the server asked for, and jitter on top", () => {
    expect(delayBefore(problem(503, 5_000), 0, () => 0.5)).toBe(5_250);
    expect(delayBefore(new InterroleUnreachable("gone"), 0, () => 0.5)).toBe(250);
  });
});

test("what may work later is an outage, a full load with a time to come back, or no answer at all", () => {
  for (const error of [
    problem(502),
    problem(503),
    problem(504),
    problem(429, 1_000),
    problem(500, undefined, "about:blank"),
    new InterroleUnreachable("x"),
  ])
    expect(isTransient(error)).toBe(true);
  for (const error of [
    problem(400),
    problem(401),
    problem(410),
    problem(429),
    problem(500),
    new TypeError("bug"),
  ])
    expect(isTransient(error)).toBe(false);
});

describe("a repeated request", () => {
  const patience = (clock: ManualClock, signal = new AbortController().signal) => ({
    clock,
    random: () => 1,
    patienceMs: 10_000,
    signal,
  });

  test("is tried until it works", async () => {
    const clock = new ManualClock();
    const attempts: number[] = [];
    const result = retrying(async (attempt) => {
      attempts.push(attempt);
      if (attempt < 2) throw problem(503, 1_000);
      return "done";
    }, patience(clock));
    await clock.advance(1_499);
    expect(attempts).toEqual([0]);
    await clock.advance(3_000);
    expect([attempts, await result]).toEqual([[0, 1, 2], "done"]);
  });

  test("ends with the last error when the patience is used up, and at once when it cannot work", async () => {
    const clock = new ManualClock();
    const last = new InterroleUnreachable("still gone");
    const ending = retrying(() => Promise.reject(last), patience(clock)).catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await ending).toBe(last);
    const final = problem(410);
    await expect(retrying(() => Promise.reject(final), patience(clock))).rejects.toBe(final);
  });

  test("ends with its signal's reason, in the middle of a wait", async () => {
    const over = new AbortController();
    const result = retrying(() => Promise.reject(problem(503)), patience(new ManualClock(), over.signal));
    await turn();
    over.abort(new Error("enough"));
    await expect(result).rejects.toThrow("enough");
  });
});
