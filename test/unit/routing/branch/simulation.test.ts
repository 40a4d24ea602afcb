import { describe, expect, test } from "vitest";
import { BranchSimulation, type Faults } from "../../../support/branch-simulation.ts";

const maxTries = 4;
const runs = 40;

async function runsWith(faults: Faults): Promise<BranchSimulation[]> {
  const simulations = Array.from({ length: runs }, (_, seed) => new BranchSimulation(seed, faults, maxTries));
  for (const simulation of simulations) await simulation.run();
  return simulations;
}

/** What must hold of a branch, whatever happened to its handlers. */
function expectRules({ state, calls, rejected, redeliveries }: BranchSimulation): void {
  // Nothing is lost: it is delivered, or kept where people look.
  const wasTaken = calls.some(({ outcome }) => outcome === "taken");
  const isSettled = state?.state === "delivered" ? wasTaken : state?.state === "failed" && rejected > 0;
  expect(isSettled).toBe(true);
  // Of all copies of one number one lives, and there are no more numbers than tries, and delays by open circuits.
  const live = new Set(calls.map(({ number, nonce }) => `${number} ${nonce}`));
  const numbers = new Set(calls.map(({ number }) => number));
  expect(live.size).toBe(numbers.size);
  const delays = calls.filter(({ outcome }) => outcome === "skipped").length;
  expect(numbers.size).toBeLessThanOrEqual(maxTries + delays);
  // A call is made again only where a message came again.
  expect(calls.length).toBeLessThanOrEqual(numbers.size + redeliveries);
  const takes = calls.filter(({ outcome }) => outcome === "taken").length;
  expect(takes).toBeLessThanOrEqual(1 + redeliveries);
}

describe("a branch, in any order of steps", () => {
  const kinds: [string, Faults][] = [
    ["when all goes well", { dies: 0, losesLock: 0, most: 0 }],
    ["when processes die", { dies: 0.15, losesLock: 0, most: 8 }],
    ["when locks run out", { dies: 0, losesLock: 0.15, most: 8 }],
    ["when both happen", { dies: 0.1, losesLock: 0.1, most: 12 }],
  ];

  test.each(kinds)("is delivered or kept, with one live copy for each try, %s", async (_when, faults) => {
    const simulations = await runsWith(faults);
    for (const simulation of simulations) expectRules(simulation);
    // The runs see what they are for: branches that are taken, branches that fail, and messages that come again.
    const states = new Set(simulations.map(({ state }) => state?.state));
    expect(states).toEqual(new Set(["delivered", "failed"]));
    const redelivered = simulations.filter(({ redeliveries }) => redeliveries > 0).length;
    expect(redelivered > runs / 2).toBe(faults.most > 0);
  });
});
