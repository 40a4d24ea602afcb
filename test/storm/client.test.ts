import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { browserClock } from "../../client/browser-clock.ts";
import { connect } from "../../client/index.ts";
import { EventTape } from "../support/event-tape.ts";
import { eventually } from "../support/eventually.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";

const clients = 6;
const messagesEach = 300;
/** So that the messages last for many blows. */
const paceMs = 200;
const betweenBlowsMs = 1_000;

let fleet: RecycleFleet;

beforeAll(async () => {
  fleet = await RecycleFleet.start({ settings: { SESSION_GRACE_MS: "15000" } });
});

afterAll(() => fleet[Symbol.asyncDispose]());

/** The entry is struck like the others: who is nowhere else waits for it. */
const url = () => fleet.world.fleet.instance("api-0").url;

async function open(index: number): Promise<EventTape> {
  const options = { url: url(), userName: `user-${index}`, instance: `web-${index % 2}` };
  const tape = new EventTape(await connect(options));
  await tape.got("snapshot");
  return tape;
}

/** Recycles and kills instances in turn, until it is told to stop. Gives how often. */
async function strike(signal: AbortSignal): Promise<number> {
  const { world } = fleet;
  const recycle = (role: string) => async () => {
    const api = fleet.api("web-1");
    await api.begin(role, { maxUnavailable: 1 }, randomUUID());
  };
  const blows = [
    () => world.fleet.kill("web-0", "worker"),
    recycle("api"),
    () => world.fleet.kill("web-1", "host"),
    recycle("web"),
    () => world.fleet.kill("api-0", "worker"),
  ];
  let count = 0;
  for (; !signal.aborted; count += 1) {
    await fleet.ready();
    await blows[count % blows.length]?.();
    await browserClock.delay(betweenBlowsMs, signal);
  }
  return count;
}

test("every message arrives once and in order while instances are recycled and killed", async () => {
  const tapes = await Promise.all(Array.from({ length: clients }, (_, index) => open(index)));
  const over = new AbortController();
  const striking = strike(over.signal);
  await Promise.all(
    tapes.map(async ({ session }, index) => {
      const to = tapes[(index + 1) % clients]?.session.id ?? "";
      for (let n = 0; n < messagesEach; n += 1) {
        await session.send({ to: { session: to }, text: `${n}` });
        await browserClock.delay(paceMs);
      }
    }),
  );
  over.abort();
  const blows = await striking;
  const all = Array.from({ length: messagesEach }, (_, n) => `${n}`);
  await eventually(() => expect(tapes.map(({ texts }) => texts)).toEqual(tapes.map(() => all)));
  const streams = tapes.reduce((sum, tape) => sum + tape.of("snapshot").length, 0);
  expect(tapes.flatMap((tape) => [...tape.of("closed"), ...tape.of("reset")])).toEqual([]);
  console.info(`${clients * messagesEach} messages, ${blows} blows, ${streams} streams`);
  await Promise.all(tapes.map((tape) => tape.stop()));
});
