import { describe, expect, test } from "vitest";
import { Counters } from "../../../shared/counter/counters.ts";
import { counterLog } from "../../../shared/counter/log.ts";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Log } from "../../../shared/kernel/log.ts";
import { SimulatedBroker } from "../../support/counter/simulated-sessions.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { randomFrom } from "../../support/simulation/random.ts";

const name = { context: "c", counter: "n" };
const runMs = 12_000;

/** Processes whose callers never stop asking: how many numbers each gets, and the longest that a caller waited. */
async function contend(processes: number, doesWait: boolean) {
  const clock = new ManualClock();
  const random = randomFrom(7);
  const faults = { lost: 0, unanswered: 0, late: 0, isFenced: true };
  const broker = new SimulatedBroker(clock, random, faults, { lockMs: 10_000, attemptMs: 3_000 }, doesWait);
  const log = counterLog(new Log({ instance: "p", role: "p" }, clock, () => undefined));
  const shares = Array.from({ length: processes }, () => 0);
  let longestMs = 0;
  const callers = shares.map(async (_, index) => {
    const sessions = broker.connect(() => false);
    const counters = new Counters(
      { sessions, clock, random, faults: noFaultPoints, log },
      { waitMs: 60_000 },
    );
    while (clock.monotonicMs() < runMs) {
      const askedAt = clock.monotonicMs();
      await counters.next(name);
      longestMs = Math.max(longestMs, clock.monotonicMs() - askedAt);
      shares[index] = (shares[index] ?? 0) + 1;
    }
  });
  await clock.advance(runMs * 2);
  await Promise.all(callers);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return { least: Math.min(...shares) / total, longestMs, total };
}

describe("processes that want the same counter all the time", () => {
  test.each([
    ["is refused at once", false],
    ["waits for the lock", true],
  ])("each get their share when an accept %s", async (_, doesWait) => {
    const two = await contend(2, doesWait);
    expect(two.least).toBeGreaterThan(0.3);
    expect(two.longestMs).toBeLessThan(2_500);
    const four = await contend(4, doesWait);
    expect(four.least).toBeGreaterThan(0.1);
    expect(four.longestMs).toBeLessThan(4_000);
  });

  test("get together at least three quarters of what one alone gets", async () => {
    const [alone, both] = [await contend(1, false), await contend(2, false)];
    expect(both.total).toBeGreaterThan(alone.total * 0.75);
  });
});
