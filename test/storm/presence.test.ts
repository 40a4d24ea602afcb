import { afterAll, beforeAll, expect, test } from "vitest";
import { randomUUID } from "node:crypto";
import { browserClock } from "../../client/browser-clock.ts";
import { connect } from "../../client/index.ts";
import { EventTape } from "../support/event-tape.ts";
import { eventually } from "../support/eventually.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";
import { startTwin } from "../support/twin.ts";

/** `STORM_MESSAGES=20000 npm run storm -- test/storm/presence.test.ts` for all of it. */
const messages = Number(process.env["STORM_MESSAGES"] ?? 4_000);
const clients = 12;
const instances = ["web-0", "web-1", "web-2"];
const graceMs = 30_000;
const betweenBlowsMs = 1_000;
/** Past the lease: the others take a process that stands still for so long for lost. */
const standStillMs = 5_000;
const withinMs = 800_000;

let fleet: RecycleFleet;

beforeAll(async () => {
  fleet = await RecycleFleet.start({
    instances: "web=3,api-0",
    settings: { SESSION_GRACE_MS: String(graceMs) },
  });
});

afterAll(() => fleet[Symbol.asyncDispose]());

const kill = (instance: string, whom: "worker" | "host") => async () => {
  fleet.world.fleet.kill(instance, whom);
};

async function cut(): Promise<void> {
  fleet.world.fleet.broker?.dropConnections();
}

async function recycle(): Promise<void> {
  await fleet.api().begin("web", { maxUnavailable: 1 }, randomUUID());
}

async function standStill(instance: string, signal: AbortSignal): Promise<void> {
  fleet.world.fleet.kill(instance, "worker", "SIGSTOP");
  await browserClock.delay(standStillMs, signal);
  fleet.world.fleet.kill(instance, "worker", "SIGCONT");
}

async function haveTwin(instance: string, signal: AbortSignal): Promise<void> {
  await using twin = await startTwin(fleet, instance);
  await browserClock.delay(standStillMs, signal);
  void twin.url;
}

type Blow = (signal: AbortSignal) => Promise<void>;

const kinds: [string, Blow[]][] = [
  [
    "kills and recycles",
    [kill("web-0", "worker"), recycle, kill("web-1", "host"), recycle, kill("web-2", "worker")],
  ],
  ["cut connections", [cut]],
  ["a host that stands still past its lease", [(signal) => standStill("web-2", signal)]],
  ["a twin", [(signal) => haveTwin("web-1", signal)]],
];

/** Strikes one blow after the other until it is told to stop. Gives how many fell. */
async function strike(blows: readonly Blow[], signal: AbortSignal): Promise<number> {
  let count = 0;
  while (!signal.aborted) {
    try {
      await blows[count % blows.length]?.(signal);
      count += 1;
      await browserClock.delay(betweenBlowsMs, signal);
      if (blows[0] !== cut) await fleet.ready();
    } catch {
      // A recycle that is refused because the last blow is not over: no blow. The messages are what counts.
    }
  }
  return count;
}

async function open(index: number): Promise<EventTape> {
  const { url } = fleet.world.fleet.instance("api-0");
  const instance = instances[index % instances.length] ?? "";
  const tape = new EventTape(await connect({ url, userName: `user-${index}`, instance }));
  await tape.got("snapshot");
  return tape;
}

test.each(kinds)(
  "every message arrives once and in order through %s",
  async (kind, blows) => {
    await fleet.ready();
    const tapes = await Promise.all(Array.from({ length: clients }, (_, index) => open(index)));
    const each = Math.ceil(messages / kinds.length / clients);
    const over = new AbortController();
    const striking = strike(blows, over.signal);
    const startedMs = Date.now();
    await Promise.all(
      tapes.map(async ({ session }, index) => {
        const to = { session: tapes[(index + 1) % clients]?.session.id ?? "" };
        for (let n = 0; n < each; n += 1) await session.send({ to, text: `${n}` });
      }),
    );
    over.abort();
    const count = await striking;
    const all = Array.from({ length: each }, (_, n) => `${n}`);
    await eventually(() => expect(tapes.map(({ texts }) => texts.length)).toEqual(tapes.map(() => each)), {
      withinMs: 60_000,
    });
    expect(tapes.map(({ texts }) => texts)).toEqual(tapes.map(() => all));
    expect(tapes.flatMap((tape) => [...tape.of("closed"), ...tape.of("reset")])).toEqual([]);
    const streams = tapes.reduce((sum, tape) => sum + tape.of("snapshot").length, 0);
    const seconds = Math.round((Date.now() - startedMs) / 1_000);
    console.info(`${kind}: ${each * clients} messages in ${seconds} s, ${count} blows, ${streams} streams`);
    await Promise.all(tapes.map((tape) => tape.stop()));
  },
  withinMs,
);
