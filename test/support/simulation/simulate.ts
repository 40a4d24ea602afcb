import { entities } from "../../../shared/bus/topology.ts";
import { operationId } from "../../../shared/operation/submit.ts";
import { faultChoices, ordinaryChoices, timeChoice } from "./choices.ts";
import { Clients } from "./clients.ts";
import { Broken } from "./observer.ts";
import type { Policy } from "./policy.ts";
import { randomFrom, pick, type Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import { SimulatedBroker } from "./broker.ts";
import { SimulatedFleet } from "./simulated-fleet.ts";
import { realParts, type Variants } from "./variants.ts";
import { World } from "./world.ts";

/** What a simulation needs more turns than counts as one that never ends. */
const maxTurns = 6_000;

export interface Simulation {
  scenario: Scenario;
  policy: (random: Random) => Policy;
  seed: number;
  variants?: Variants;
}

export interface Result {
  turns: number;
  states: string[];
  outcomes: string[];
  acts: number;
  /** The rule that was broken, if one was. */
  broken: string | undefined;
  trace: readonly string[];
}

/**
 * Runs one schedule of a scenario to its end. The same simulation always gives the same result: the schedule picks every step, and
 * random numbers, the product's own too, come from the seed.
 */
export async function simulate({
  scenario,
  policy,
  seed,
  variants = realParts,
}: Simulation): Promise<Result> {
  const random = randomFrom(seed);
  const systemRandom = Math.random;
  Math.random = randomFrom(seed + 1);
  const world = new World();
  const { instances, refusing = [], clocksAheadMs = [0], modes = {} } = scenario;
  const fleet = new SimulatedFleet(world, { instances, refusing, clocksAheadMs, modes, variants });
  const clients = new Clients(fleet, random);
  let turns = 0;
  let broken: string | undefined;
  try {
    turns = await runToEnd(scenario, fleet, clients, policy(random), random);
    fleet.observer.checkEnd(requestsOf(scenario), clients.asked(scenario.requests), clients.answered());
    fleet.observer.throwIfBroken();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    broken = error.message;
  } finally {
    Math.random = systemRandom;
    for (const process of fleet.processes) world.kill(process);
  }
  const { headers, acts } = fleet.observer;
  return {
    turns,
    states: headers.map(({ state }) => state),
    outcomes: headers.flatMap(({ targets }) => targets.map(({ outcome }) => outcome?.state ?? "open")),
    acts: acts.length,
    broken,
    get trace() {
      return world.trace;
    },
  };
}

async function runToEnd(
  scenario: Scenario,
  fleet: SimulatedFleet,
  clients: Clients,
  policy: Policy,
  random: Random,
): Promise<number> {
  const { world, observer } = fleet;
  const requests = requestsOf(scenario);
  let faultsLeft = scenario.maxFaults;
  let isAsked = false;
  for (let turns = 0; turns < maxTurns; turns += 1) {
    await quiet(turns);
    observer.throwIfBroken();
    if (!isAsked && (scenario.isAskedEarly || fleet.isAtRest)) {
      isAsked = true;
      observer.asked();
      for (const request of scenario.requests) clients.ask(request);
    }
    if (isAsked && isAtRest(requests, fleet, clients)) return turns;
    const faults = () => {
      if (faultsLeft === 0 || !isAsked || scenario.faults.length === 0) return [];
      return faultChoices(pick(random, scenario.faults), fleet, clients, random);
    };
    const choice = policy({
      ordinary: ordinaryChoices(fleet),
      time: timeChoice(fleet),
      faults: () =>
        faults().map((fault) => ({
          ...fault,
          take: () => {
            faultsLeft -= 1;
            world.tell(`FAULT ${fault.label}`);
            fault.take();
          },
        })),
    });
    if (!choice) throw new Broken("Nothing can happen any more");
    world.tell(choice.label);
    choice.take();
  }
  throw new Broken(`has not come to rest within ${maxTurns} turns`);
}

function isAtRest(requests: number, fleet: SimulatedFleet, clients: Clients): boolean {
  if (!clients.isAtRest || !fleet.isAtRest || fleet.observer.headers.length < requests) return false;
  if (!fleet.observer.isAtRest) return false;
  const awaited = new Set([
    entities.recycleRequests,
    ...fleet.processes.map(({ instance }) => SimulatedBroker.queueOf(entities.control, instance)),
  ]);
  return !fleet.broker.held.some(({ queue }) => awaited.has(queue));
}

/** How many different requests there are: one and the same may come several times. */
function requestsOf({ requests }: Scenario): number {
  return new Set(requests.map(({ role, key }) => operationId(role, key))).size;
}

/** So often the event loop gets its turn, for whoever watches over the test. */
const turnsPerLoop = 256;

/** Resolves when everybody has gone on as far as they can: ticks come when no promise's continuation is left to run. */
function quiet(turns: number): Promise<void> {
  return new Promise((resolve) => {
    if (turns % turnsPerLoop === 0) setImmediate(resolve);
    else process.nextTick(resolve);
  });
}
