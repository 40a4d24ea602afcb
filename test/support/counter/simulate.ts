import { Counters } from "../../../shared/counter/counters.ts";
import { counterLog } from "../../../shared/counter/log.ts";
import type { Taken } from "../../../shared/counter/request.ts";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Log } from "../../../shared/kernel/log.ts";
import { Problem } from "../../../shared/kernel/problem.ts";
import { ManualClock } from "../manual-clock.ts";
import { pick, randomFrom } from "../simulation/random.ts";
import { findViolations, type Seen, type SeenReset } from "./check.ts";
import { SimulatedBroker, type SessionFaults } from "./simulated-sessions.ts";

export interface Scenario {
  seed: number;
  faults: SessionFaults;
  processes: number;
  callers: number;
  /** How many requests each caller makes. */
  requests: number;
  /** Shares of all requests. */
  keyed: number;
  resets: number;
  /** How many times a process dies while they do. */
  deaths: number;
}

export interface Outcome {
  violations: string[];
  answered: number;
  settledUnknown: number;
  refusedWrites: number;
  writes: number;
}

const name = { context: "c", counter: "n" };
const timing = { lockMs: 400, attemptMs: 100 };
/** Longer than any scenario takes; what is not done by then hangs. */
const patienceMs = 600_000;
const stepMs = 200;

interface Process {
  counters: Counters;
  die: () => void;
  died: Promise<void>;
}

/** Runs the real counters of several processes against a simulated broker, and checks what their callers saw. */
export async function simulate(scenario: Scenario): Promise<Outcome> {
  const clock = new ManualClock();
  const random = randomFrom(scenario.seed);
  const broker = new SimulatedBroker(clock, random, scenario.faults, timing);
  const start = (): Process => startProcess(broker, clock, random);
  const processes = Array.from({ length: scenario.processes }, start);
  const seen: Seen[] = [];
  const resets: SeenReset[] = [];
  const left = { callers: scenario.callers };
  const callers = Array.from({ length: scenario.callers }, async (_, caller) => {
    for (let index = 0; index < scenario.requests; index += 1) {
      if (random() < 0.3) await clock.delay(random() * 100);
      if (random() < scenario.resets) await reset(processes, clock, random, resets);
      else
        await take(
          processes,
          clock,
          random,
          random() < scenario.keyed ? `${caller}-${index}` : undefined,
          seen,
        );
    }
    left.callers -= 1;
  });
  for (let death = 0; left.callers > 0 && clock.monotonicMs() < patienceMs;) {
    await clock.advance(stepMs * random());
    if (death < scenario.deaths && random() < 0.3) {
      death += 1;
      const index = Math.floor(random() * processes.length);
      processes[index]?.die();
      processes[index] = start();
    }
  }
  if (left.callers > 0) return { ...countsOf(seen, broker), violations: [`${left.callers} callers hang`] };
  await Promise.all(callers);
  return { ...countsOf(seen, broker), violations: findViolations(seen, resets) };
}

function countsOf(seen: readonly Seen[], { refusedWrites, writes }: SimulatedBroker) {
  const answered = seen.filter(({ taken }) => taken !== undefined).length;
  return { answered, settledUnknown: seen.length - answered, refusedWrites, writes };
}

function startProcess(broker: SimulatedBroker, clock: ManualClock, random: () => number): Process {
  let isDead = false;
  let die = (): void => undefined;
  const died = new Promise<void>((resolve) => {
    die = () => {
      isDead = true;
      resolve();
    };
  });
  const log = counterLog(new Log({ instance: "p", role: "p" }, clock, () => undefined));
  const counters = new Counters(
    { sessions: broker.connect(() => isDead), clock, random, faults: noFaultPoints, log },
    { waitMs: 5_000, times: { ...timing } },
  );
  return { counters, die, died };
}

/** Asks until it is answered if it has a key; without one, asks once. */
async function take(
  processes: readonly Process[],
  clock: ManualClock,
  random: () => number,
  key: string | undefined,
  seen: Seen[],
): Promise<void> {
  const count = random() < 0.1 ? 3 : 1;
  const askedAt = clock.monotonicMs();
  const request = { key, count, askedAt };
  for (;;) {
    const { counters, died } = pick(random, processes);
    const outcome = await Promise.race([
      counters.next(name, { count, key }).catch((error: unknown) => error),
      died.then(() => new Error("the process died")),
    ]);
    const answeredAt = clock.monotonicMs();
    if (isTaken(outcome)) {
      seen.push({ ...request, answeredAt, taken: outcome });
      // A caller that has lost its answer asks again now and then: it must be the same.
      if (key === undefined || random() < 0.9) return;
      continue;
    }
    if (outcome instanceof Problem && outcome.kind !== "outcome-unknown") {
      if (outcome.retryAfterSeconds === undefined) throw outcome;
      continue;
    }
    if (key === undefined) return void seen.push({ ...request, answeredAt });
  }
}

async function reset(
  processes: readonly Process[],
  clock: ManualClock,
  random: () => number,
  resets: SeenReset[],
): Promise<void> {
  const value = BigInt(Math.floor(random() * 50));
  const askedAt = clock.monotonicMs();
  const key = `reset-${askedAt}-${random()}`;
  for (;;) {
    const { counters, died } = pick(random, processes);
    const outcome = await Promise.race([counters.reset(name, value, key).catch(() => undefined), died]);
    if (outcome)
      return void resets.push({ value, epoch: outcome.epoch, askedAt, answeredAt: clock.monotonicMs() });
  }
}

const isTaken = (outcome: unknown): outcome is Taken =>
  typeof outcome === "object" && outcome !== null && "last" in outcome;
