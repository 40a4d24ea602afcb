import { describe, expect, test } from "vitest";
import { simulate, type Outcome, type Scenario } from "../../support/counter/simulate.ts";

/** More find rarer orders of events: COUNTER_RUNS=2000 npx vitest run --project unit test/unit/counter/simulation.test.ts */
const RUNS = Number(process.env["COUNTER_RUNS"] ?? 16);

const bad = { lost: 0.04, unanswered: 0.04, late: 0.04, isFenced: true };
const scenario = (seed: number, changes: Partial<Scenario> = {}): Scenario => ({
  seed,
  faults: bad,
  processes: 3,
  callers: 8,
  requests: 12,
  keyed: 0.5,
  resets: 0.03,
  deaths: 4,
  ...changes,
});

/** So many runs, each another order of events; a failing one is named by its seed. */
async function runs(count: number, changes: Partial<Scenario> = {}) {
  const outcomes: (Outcome & { seed: number })[] = [];
  for (let seed = 1; seed <= count; seed += 1)
    outcomes.push({ seed, ...(await simulate(scenario(seed, changes))) });
  const broken = outcomes
    .filter(({ violations }) => violations.length > 0)
    .map(({ seed, violations }) => ({ seed, violations }));
  const sum = (of: "answered" | "writes" | "refusedWrites") =>
    outcomes.reduce((total, outcome) => total + outcome[of], 0);
  return { broken, answered: sum("answered"), writes: sum("writes"), refusedWrites: sum("refusedWrites") };
}

describe("counters of several processes over a broker that loses, delays and forgets to answer", () => {
  test("give no number twice, leave no gap, keep their keys and their epochs", async () => {
    const { broken, answered, refusedWrites } = await runs(RUNS);
    expect(broken).toEqual([]);
    expect(answered).toBeGreaterThan(RUNS * 50);
    // Else the late writes would not have been late enough to matter.
    expect(refusedWrites).toBeGreaterThan(RUNS / 3);
  });

  test("leave no gap at all when every request has a key", async () => {
    const { broken } = await runs(RUNS / 2, { keyed: 1, resets: 0 });
    expect(broken).toEqual([]);
  });

  test("break the rules when the broker applies writes of links that have lost the lock, so this can fail", async () => {
    const { broken } = await runs(1, { requests: 40, faults: { ...bad, late: 0.2, isFenced: false } });
    expect(broken).not.toEqual([]);
  });
});
