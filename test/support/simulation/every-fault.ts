import { plainPolicy, type Deviation } from "./policy.ts";
import type { FaultKind, Scenario } from "./scenario.ts";
import { simulate, type Result, type Simulation } from "./simulate.ts";

/** Any one; what is left to chance in these runs is only who takes a call and how long a pause is. */
const seed = 1;

/** A fault at one turn, and what came of it. */
export interface Run {
  deviation: Deviation;
  result: Result;
}

/** Runs the scenario in its plain order once for every moment at which a fault of this kind can happen, with that fault there. */
export async function* everyFault(
  scenario: Scenario,
  kind: FaultKind,
  variants?: Simulation["variants"],
): AsyncGenerator<Run> {
  const one: Scenario = { ...scenario, faults: [kind], maxFaults: 1 };
  const rest = { scenario: one, seed, ...(variants ? { variants } : {}) };
  const counts: number[] = [];
  await simulate({ ...rest, policy: () => plainPolicy(undefined, (count) => counts.push(count)) });
  for (const [turn, count] of counts.entries()) {
    for (let fault = 0; fault < count; fault += 1) {
      const deviation = { turn, fault };
      yield { deviation, result: await simulate({ ...rest, policy: () => plainPolicy(deviation) }) };
    }
  }
}
