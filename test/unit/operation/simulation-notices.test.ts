import { expect, test } from "vitest";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Claims } from "../../../shared/operation/claims.ts";
import type { Header } from "../../../shared/operation/header.ts";
import { OperationRepository } from "../../../shared/operation/repository.ts";
import { Sweep } from "../../../shared/operation/sweep.ts";
import { TargetSide } from "../../../shared/operation/target-side.ts";
import { randomPolicy } from "../../support/simulation/policy.ts";
import type { Scenario } from "../../support/simulation/scenario.ts";
import { scenarios } from "../../support/simulation/scenarios.ts";
import { simulate } from "../../support/simulation/simulate.ts";
import { realParts, type Variants } from "../../support/simulation/variants.ts";

/** A simulation that finds nothing proves nothing: here it is given parts that are broken on purpose. */
const maxSeeds = 60;
const timeoutMs = 60_000;
const faultShare = 0.03;

/** The first rule that was broken by any seed. */
async function firstBroken(scenario: Scenario, broken: Partial<Variants>): Promise<string | undefined> {
  const variants = { ...realParts, ...broken };
  for (let seed = 1; seed <= maxSeeds; seed += 1) {
    const policy = (random: () => number) => randomPolicy(random, faultShare);
    const result = await simulate({ scenario, seed, policy, variants });
    if (result.broken !== undefined) return result.broken;
  }
  return undefined;
}

class BlindClaims extends Claims {
  override async take(): Promise<boolean> {
    return true;
  }
}

class CarelessRepository extends OperationRepository {
  override async swap(header: Header): Promise<boolean> {
    const now = await this.header(header.id);
    return await super.swap(header, now?.etag ?? "");
  }
}

class DeafRepository extends OperationRepository {
  override async answer(
    ...[operation, instance, answer]: Parameters<OperationRepository["answer"]>
  ): Promise<boolean> {
    await super.answer(operation, instance, answer);
    return true;
  }
}

class EagerTarget extends TargetSide {
  override async isReleased(): Promise<boolean> {
    return true;
  }
}

class StubbornTarget extends TargetSide {
  override async acknowledge(operation: string): Promise<boolean> {
    await super.acknowledge(operation);
    return true;
  }
}

class IdleSweep extends Sweep {
  override async look(): Promise<void> {
    // Looks after nobody.
  }
}

const deadLetters: Scenario = { ...scenarios.twoAtOnce, faults: ["dead-letter"], maxFaults: 5 };

test.each<[string, Scenario, Partial<Variants>]>([
  [
    "claims that let everybody in",
    scenarios.twoAtOnce,
    { claims: (table, operations) => new BlindClaims(table, operations, noFaultPoints) },
  ],
  [
    "drivers that overwrite each other's headers",
    scenarios.twoAtOnce,
    { driverRepository: (table) => new CarelessRepository(table) },
  ],
  [
    "drivers that do not care who answered first",
    scenarios.lateAnswers,
    { driverRepository: (table) => new DeafRepository(table) },
  ],
  [
    "targets that go when they are told",
    scenarios.rolling,
    { targetSide: (parts) => new EagerTarget(parts) },
  ],
  [
    "targets that go although somebody answered for them",
    scenarios.lateAnswers,
    { targetSide: (parts) => new StubbornTarget(parts) },
  ],
  ["ticks that nobody sends again", deadLetters, { sweep: (parts, tickMs) => new IdleSweep(parts, tickMs) }],
])(
  "the simulation notices %s",
  async (_what, scenario, broken) => {
    expect(await firstBroken(scenario, broken)).toBeDefined();
  },
  timeoutMs,
);
