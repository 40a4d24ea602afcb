import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CounterName } from "../../shared/counter/counter-name.ts";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { openBus, type Bus } from "../support/bus.ts";
import { findViolations, type Seen, type SeenReset } from "../support/counter/check.ts";
import { CounterProcess, lockMs, type Strike } from "../support/counter/counter-process.ts";
import { OriginalCounter, type OriginalPoint } from "../support/counter/original-counter.ts";
import { takeAll } from "../support/counter/take-all.ts";

const bus = await openBus({});
const queue = await bus.queue({ requiresSession: true, lockDurationMs: lockMs });
afterAll(() => bus.close());

let counters = 0;

/** A counter that nobody has used. */
function newName(): CounterName {
  counters += 1;
  return { context: "fault", counter: `counter-${counters}` };
}

const start = (name = newName(), waitMs?: number) => CounterProcess.start(brokerOf(bus), queue, name, waitMs);

/** Processes that share a counter which nobody has used. */
async function processes(count: 2): Promise<[CounterProcess, CounterProcess]>;
async function processes(count: 3): Promise<[CounterProcess, CounterProcess, CounterProcess]>;
async function processes(count: number): Promise<CounterProcess[]> {
  const name = newName();
  return await Promise.all(Array.from({ length: count }, () => start(name)));
}

function brokerOf({ embedded }: Bus) {
  if (!embedded) throw new Error("These tests need the embedded broker");
  return embedded;
}

async function end(all: readonly AsyncDisposable[]): Promise<void> {
  await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
}

/** Every step of a turn, and of finding out about one whose write was not answered. */
const points: FaultPoint[] = [
  "counter-accepted",
  "counter-read",
  "counter-write-sent",
  "counter-write-applied",
  "counter-link-dropped",
  "counter-reaccepted",
  "counter-read-back",
  "counter-answered",
  "counter-released",
];
/** Reached only after something went wrong. */
const afterAnError = new Set(["counter-link-dropped", "counter-reaccepted", "counter-read-back"]);

const loseReply = () => {
  throw new Error("the reply was lost");
};

/** Has the point reached while numbers are taken: some are so only after a lost reply. */
function arm(process: CounterProcess, point: FaultPoint, strike: Strike): Promise<void> {
  if (afterAnError.has(point)) void process.strikes.arm("counter-write-applied", loseReply);
  return process.strikes.arm(point, strike);
}

describe("a process that dies at", () => {
  let survivor: CounterProcess;

  beforeAll(async () => {
    survivor = await start();
  });

  afterAll(() => survivor[Symbol.asyncDispose]());

  test.each(points)("%s loses no number that is asked for again with its key", async (point) => {
    await using victim = await start();
    survivor.name = victim.name = newName();
    const reached = arm(victim, point, () => {
      victim.kill();
      return new Promise(() => undefined);
    });
    const seen = await takeAll([victim, survivor], { callers: 2, requests: 3, hasKeys: true });
    await reached;
    expect(findViolations(seen)).toEqual([]);
    const numbers = new Set(seen.map(({ taken }) => taken?.value));
    expect(numbers).toEqual(new Set(Array.from({ length: 12 }, (_, index) => BigInt(index + 1))));
  });

  test.each(["counter-write-sent", "counter-write-applied"] as const)(
    "%s leaves no gap but of callers that died with it",
    async (point) => {
      await using victim = await start();
      survivor.name = victim.name = newName();
      void victim.dieAt(point);
      const seen = await takeAll([victim, survivor], { callers: 2, requests: 3, hasKeys: false });
      expect(findViolations(seen)).toEqual([]);
      expect(seen.some(({ taken }) => taken === undefined)).toBe(true);
    },
  );
});

test("an error at any step is got over, without a gap", async () => {
  const all = await processes(2);
  const seen: Seen[] = [];
  for (const point of points) {
    const first = new AbortController();
    const reached = arm(all[0], point, loseReply).then(() => first.abort());
    // A lock that is held still is not accepted again.
    while (!first.signal.aborted) {
      seen.push(...(await takeAll(all, { callers: 2, requests: 2, hasKeys: false })));
      if (point === "counter-released") await reached;
    }
  }
  expect(findViolations(seen)).toEqual([]);
  expect(seen.map(({ taken }) => taken?.epoch)).toEqual(seen.map(() => 1));
  await end(all);
});

describe.concurrent("a write", () => {
  test("that is delayed past the loss of its lock changes nothing", async () => {
    const all = await processes(2);
    const [slow, other] = all;
    expect(await slow.next()).toMatchObject({ value: 1n });
    const held = slow.strikes.arm("counter-write-sent", () => slow.wire.hold("up"));
    const late = slow.next();
    await held;
    // The other one gets the lock only when it has run out.
    expect(await other.next()).toMatchObject({ value: 2n });
    slow.wire.release();
    expect(await late).toMatchObject({ value: 3n });
    expect(await other.next()).toMatchObject({ value: 4n });
    await end(all);
  });

  test("that its process sends late, because it stood still, changes nothing", async () => {
    const all = await processes(2);
    const [slow, other] = all;
    let goOn = (): void => undefined;
    const standing = slow.strikes.arm("counter-write-sent", () => new Promise((resolve) => (goOn = resolve)));
    const late = slow.next("k");
    await standing;
    expect(await other.next("k")).toMatchObject({ value: 1n });
    goOn();
    expect(await late).toMatchObject({ value: 1n, isRepeated: true });
    expect(await other.next()).toMatchObject({ value: 2n });
    await end(all);
  });

  test("whose reply is lost on the way is found in the state", async () => {
    const all = await processes(2);
    const [deaf, other] = all;
    expect(await deaf.next()).toMatchObject({ value: 1n });
    const held = deaf.strikes.arm("counter-write-sent", () => deaf.wire.hold("down"));
    const unanswered = deaf.next();
    await held;
    expect(await other.next()).toMatchObject({ value: 3n });
    deaf.wire.release();
    expect(await unanswered).toMatchObject({ value: 2n });
    await end(all);
  });
});

describe.concurrent("a reset", () => {
  test("that races with others and with repeated keys keeps every number in its epoch", async () => {
    const all = await processes(3);
    const { name } = all[0];
    const resets: SeenReset[] = [];
    const resetting = async (value: bigint, process: CounterProcess) => {
      const askedAt = performance.now();
      const { epoch } = await process.counters.reset(name, value, `reset-${value}`);
      const again = await all[0].counters.reset(name, value, `reset-${value}`);
      expect(again).toMatchObject({ epoch, isRepeated: true });
      resets.push({ value, epoch, askedAt, answeredAt: performance.now() });
    };
    const [seen, repeated] = await Promise.all([
      takeAll(all, { callers: 2, requests: 10, hasKeys: true }),
      Promise.all([100n, 200n, 300n].map((value, index) => resetting(value, all[index] ?? all[0]))),
    ]);
    expect(repeated).toHaveLength(3);
    expect(findViolations(seen, resets)).toEqual([]);
    const again = await Promise.all(seen.map(({ key }) => all[2].next(key)));
    expect(again.map(({ epoch, value }) => [epoch, value])).toEqual(
      seen.map(({ taken }) => [taken?.epoch, taken?.value]),
    );
    await end(all);
  });
});

test("a write that is not answered while its caller waits leaves the outcome open, and its key finds it", async () => {
  const name = newName();
  const [impatient, other] = [await start(name, 3_000), await start(name)];
  expect(await impatient.next()).toMatchObject({ value: 1n });
  const held = impatient.strikes.arm("counter-write-sent", () => impatient.wire.hold("down"));
  const unanswered = impatient.next("k");
  await Promise.all([held, expect(unanswered).rejects.toMatchObject({ kind: "outcome-unknown" })]);
  expect(await other.next("k")).toMatchObject({ value: 2n, isRepeated: true });
  impatient.wire.release();
  await end([impatient, other]);
});

test("every connection that is cut at once leaves no gap", async () => {
  const all = await processes(2);
  const taking = takeAll(all, { callers: 4, requests: 25, hasKeys: true });
  for (let cut = 0; cut < 3; cut += 1) {
    await Promise.race([all[0].next(), taking]);
    for (const { wire } of all) wire.cut();
  }
  const numbers = (await taking).map(({ taken }) => taken?.value);
  expect(new Set(numbers).size).toBe(200);
  await end(all);
});

describe.concurrent("the algorithm that this replaces", () => {
  /** Two processes with it; at the point, the first one dies. Returns what the checks say. */
  async function originalThrough(point: OriginalPoint): Promise<string[]> {
    const own = await bus.queue();
    const begin = () => OriginalCounter.start(brokerOf(bus).port, bus.connectionString, own);
    const all = await Promise.all([begin(), begin()]);
    await all[0].begin();
    void all[0].strikes.arm(point, () => {
      all[0].kill();
      return new Promise(() => undefined);
    });
    const seen = await takeAll(all, { callers: 1, requests: 4, hasKeys: true }).catch(String);
    await end(all);
    return typeof seen === "string" ? [seen] : findViolations(seen);
  }

  test("loses the counter when a process dies between its two steps", async () => {
    expect(await originalThrough("message-completed")).toEqual(["Error: the counter's message is gone"]);
  });

  test("loses a number when the answer is lost", async () => {
    expect(await originalThrough("message-sent")).toEqual([
      "1 numbers are missing, and 0 were asked for without an answer",
    ]);
  });
});
