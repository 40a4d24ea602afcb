import {
  cel,
  jsonRulesEngine,
  ours,
  parseOnly,
  predicates,
  type Contender,
  type MakeContender,
} from "./contenders.ts";
import { equalityRules, familyRules, mixedRules, type Workload } from "./rules.ts";

// npm run bench:router: which rules an event fits, from its text, by several ways in one process and one run.

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const measureMs = Number(process.env["BENCH_MS"] ?? 250);
const warmUpMs = 400;
/** Events between two looks at the clock. */
const maxBatch = 256;
/** Every contender must say the same of so many events, as far as it can be asked in time. */
const comparedEvents = 50;

const all: readonly MakeContender[] = [ours, parseOnly, predicates, cel, jsonRulesEngine];
const workloads = [
  mixedRules(4),
  mixedRules(100),
  mixedRules(1_000),
  mixedRules(10_000),
  mixedRules(100_000),
  equalityRules(100_000),
  familyRules(),
];

/** `npm run bench:router -- 100_000 equality` measures only workloads whose names contain one of the words. */
const words = process.argv.slice(2);
const wanted = workloads.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
);
for (const workload of wanted) await run(workload);

async function run({ name, rules, events }: Workload): Promise<void> {
  const contenders: Contender[] = [];
  for (const make of all) {
    const contender = make(rules);
    await eventsPerSecond(contender, events, warmUpMs);
    contenders.push(contender);
  }
  await compareAnswers(contenders, events);
  const measured = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, contender] of contenders.entries()) {
      measured[at]?.push(await eventsPerSecond(contender, events, measureMs));
    }
  }
  print(name, contenders, measured);
}

/**
 * Runs over the events for a time; one event may take longer than that. Time is what this process had of the processor, its garbage collection
 * included: what else the machine does is left out.
 */
async function eventsPerSecond(
  { match }: Contender,
  events: readonly string[],
  forMs: number,
): Promise<number> {
  let [done, batch, spentMs] = [0, 1, 0];
  const before = process.cpuUsage();
  while (spentMs < forMs) {
    for (let nth = 0; nth < batch; nth += 1) {
      const count = match(events[done % events.length] ?? "");
      // Who answers at once is not made to wait for a promise.
      if (typeof count !== "number") await count;
      done += 1;
    }
    const { user, system } = process.cpuUsage(before);
    spentMs = (user + system) / 1_000;
    if (batch < maxBatch && spentMs < forMs / 8) batch *= 2;
  }
  return (done / spentMs) * 1_000;
}

async function compareAnswers(contenders: readonly Contender[], events: readonly string[]): Promise<void> {
  const deciding = contenders.filter(({ name }) => name !== "JSON.parse alone");
  const endsAt = performance.now() + 5_000;
  for (const event of events.slice(0, comparedEvents)) {
    const counts = await Promise.all(deciding.map(async ({ match }) => match(event)));
    if (new Set(counts).size > 1) throw new Error(`Different answers (${counts.join(", ")}) to ${event}`);
    if (performance.now() > endsAt) return;
  }
}

/** The median of the rounds, and how many times as quick ours is: the median of what it was in each round. */
function print(name: string, contenders: readonly Contender[], measured: readonly number[][]): void {
  console.log(`\n| ${name} | events/s | interrole is |\n| --- | ---: | ---: |`);
  for (const [at, contender] of contenders.entries()) {
    const figures = measured[at] ?? [];
    const ratios = figures.map((figure, round) => (measured[0]?.[round] ?? Number.NaN) / figure);
    console.log(`| ${contender.name} | ${rounded(median(figures))} | ${median(ratios).toFixed(2)} x |`);
  }
}

function rounded(figure: number): string {
  return figure >= 100 ? Math.round(figure).toLocaleString("en") : figure.toFixed(1);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
