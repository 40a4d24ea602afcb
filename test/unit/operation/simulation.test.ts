import { describe, expect, test } from "vitest";
import { everyFault } from "../../support/simulation/every-fault.ts";
import { plainPolicy, randomPolicy } from "../../support/simulation/policy.ts";
import { explain, throwIfBroken } from "../../support/simulation/report.ts";
import { faultKinds, type FaultKind, type Scenario } from "../../support/simulation/scenario.ts";
import { scenarios, smallScenarios } from "../../support/simulation/scenarios.ts";
import { simulate, type Result } from "../../support/simulation/simulate.ts";

/**
 * The recycle protocol in a simulated world: the product's own code over tables, a broker and processes whose every step a schedule
 * picks. The observer (test/support/simulation) holds each write and each act against what the protocol promises.
 *
 * SIMULATION_SEEDS=5000 runs so many random schedules of each scenario, SIMULATION_FIRST_SEED=77 begins there, and
 * SIMULATION_FAULTS=all tries every single fault instead of a choice of them.
 */
const seeds = Number(process.env["SIMULATION_SEEDS"] ?? 10);
const firstSeed = Number(process.env["SIMULATION_FIRST_SEED"] ?? 1);
const isExhaustive = process.env["SIMULATION_FAULTS"] === "all";

/** How often something goes wrong, by seed. */
const faultShares = [0.01, 0.02, 0.04];
const msForEachRun = 1_000;
const msForEveryFault = isExhaustive ? 600_000 : 60_000;

/** Faults after which an operation still reaches everybody: they delay it, and no more. */
const harmless = new Set<FaultKind>(["crash", "answer-lost", "call-failed", "redelivery", "dead-letter"]);

const byName = (...some: Scenario[]) => some.map((scenario) => [scenario.name, scenario] as const);

function run(scenario: Scenario, seed: number): Promise<Result> {
  const share = faultShares[seed % faultShares.length] ?? 0;
  return simulate({ scenario, seed, policy: (random) => randomPolicy(random, share) });
}

describe("when nothing goes wrong, everybody recycles once for each operation", () => {
  const { allAtOnce, rolling, twoAtOnce, overlapping } = scenarios;
  test.each(byName(allAtOnce, rolling, twoAtOnce, overlapping))("%s", async (_name, scenario) => {
    const result = await simulate({ scenario, seed: 1, policy: () => plainPolicy() });
    throwIfBroken("the plain order", result);
    expect(new Set(result.states)).toEqual(new Set(["succeeded"]));
    expect(new Set(result.outcomes)).toEqual(new Set(["recycled"]));
    expect(result.acts).toBe(result.outcomes.length);
  });
});

test("the same seed is the same story", async () => {
  // Incarnations and ticks have random names.
  const storyOf = async () =>
    (await run(scenarios.twoAtOnce, 2)).trace.map((line) =>
      line.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "*"),
    );
  const first = await storyOf();
  expect(await storyOf()).toEqual(first);
  expect(first.length).toBeGreaterThan(100);
});

describe("whatever the order of steps, and whatever goes wrong, every promise is kept", () => {
  test.each(byName(...Object.values(scenarios)))(
    "%s",
    async (_name, scenario) => {
      let begun = 0;
      for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
        const result = await run(scenario, seed);
        throwIfBroken(`"${scenario.name}" with seed ${seed}`, result);
        begun += result.states.length;
      }
      expect(begun).toBeGreaterThanOrEqual(seeds);
    },
    seeds * msForEachRun + 10_000,
  );
});

/** Of all faults at all moments, what is tried in every run. */
const triedAlways: [Scenario, FaultKind][] = [
  [smallScenarios.allAtOnce, "crash"],
  [smallScenarios.rolling, "crash"],
  [smallScenarios.rolling, "cancel"],
];
const allFaults = Object.values<Scenario>(smallScenarios).flatMap((scenario) =>
  faultKinds.map((kind): [Scenario, FaultKind] => [scenario, kind]),
);
const withOneFault = (isExhaustive ? allFaults : triedAlways).map(
  ([scenario, kind]) => [scenario.name, kind, scenario] as const,
);

describe("with one fault, at every moment at which it can come, every promise is kept", () => {
  test.each(withOneFault)(
    "%s, with: %s",
    async (name, kind, scenario) => {
      let tried = 0;
      for await (const { deviation, result } of everyFault(scenario, kind)) {
        const how = `"${name}" with ${kind} number ${deviation.fault} at turn ${deviation.turn}`;
        throwIfBroken(how, result);
        const hasReachedAll = result.outcomes.every((outcome) => outcome === "recycled");
        if (harmless.has(kind) && !hasReachedAll)
          throw new Error(explain(how, `ended with ${result.outcomes.join()}`, result));
        tried += 1;
      }
      expect(tried).toBeGreaterThan(10);
    },
    msForEveryFault,
  );
});
