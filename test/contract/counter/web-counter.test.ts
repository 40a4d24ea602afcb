import { afterAll, describe, expect, test } from "vitest";
import { WebCounter, type WebCounterOptions } from "../../../shared/counter/web-counter.ts";
import { openBus, type Bus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";

const bus = await openBus({});
afterAll(() => bus.close());

const administrationOf = ({ embedded }: Bus): string => embedded?.adminConnectionString ?? "";
const queue = bus.nameFor("counters");
const options = { queue, administration: administrationOf(bus) };

let names = 0;
function newCounter(more: WebCounterOptions = {}): WebCounter {
  names += 1;
  return new WebCounter(bus.connectionString, "library", `counter-${names}`, { ...options, ...more });
}

describe.concurrent("a counter", () => {
  test("needs nothing but a connection: its queue is made with its first use", async () => {
    await using counter = newCounter();
    expect(await counter.current()).toBeUndefined();
    expect(await counter.getNext()).toMatchObject({ value: 1n, epoch: 1 });
    expect(await counter.getNext(3)).toMatchObject({ value: 2n, last: 4n });
    expect(await counter.current()).toMatchObject({ value: 4n, epoch: 1 });
  });

  test("goes on behind what it was reset to, and begins where it is told to", async () => {
    await using counter = newCounter({ initialValue: 100n });
    expect(await counter.getNext()).toMatchObject({ value: 100n });
    expect(await counter.resetValue(7)).toMatchObject({ value: 7n, epoch: 2 });
    expect(await counter.getNext()).toMatchObject({ value: 8n, epoch: 2 });
    await expect(counter.resetValue(2n ** 63n)).rejects.toMatchObject({ kind: "invalid-request" });
    await counter.resetValue(2n ** 63n - 1n);
    await expect(counter.getNext()).rejects.toMatchObject({ kind: "counter-overflow" });
    expect(await counter.current()).toMatchObject({ value: 2n ** 63n - 1n });
  });

  test("gives blocks without a gap while its process lives, and what has a key strictly", async () => {
    await using counter = newCounter({ blockSize: 10 });
    const block = await Promise.all(Array.from({ length: 25 }, () => counter.getNext(1, { mode: "block" })));
    expect(block.map(({ value }) => value)).toEqual(
      Array.from({ length: 25 }, (_, index) => BigInt(index + 1)),
    );
    expect(await counter.getNext(1, { mode: "block", key: "k" })).toMatchObject({ value: 31n });
    expect(await counter.getNext(1, { key: "k" })).toMatchObject({ value: 31n, isRepeated: true });
  });

  test("takes nothing for a caller that has gone before its turn", async () => {
    await using counter = newCounter();
    const gone = AbortSignal.abort(new Error("gone"));
    const leaving = new AbortController();
    const left = counter.getNext(1, { signal: leaving.signal });
    leaving.abort(new Error("left"));
    await expect(counter.getNext(1, { signal: gone })).rejects.toThrow("gone");
    await expect(left).rejects.toThrow("left");
    expect(await counter.getNext()).toMatchObject({ value: 1n });
  });

  test("is never begun anew over a state that is not a counter's", async () => {
    await using counter = newCounter();
    await counter.getNext();
    const foreign = await bus.client.acceptSession(queue, "library/foreign");
    await foreign.setSessionState({ value: 7 });
    await foreign.close();
    await using read = new WebCounter(bus.connectionString, "library", "foreign", options);
    await expect(read.getNext()).rejects.toMatchObject({ kind: "counter-unreadable" });
    await expect(read.resetValue(1)).rejects.toMatchObject({ kind: "counter-unreadable" });
  });

  test("pays no heed to messages that somebody sends to its session", async () => {
    await using counter = newCounter();
    const sessionId = `library/counter-${names}`;
    await counter.getNext();
    await bus.client.createSender(queue).sendMessages([1, 2, 3].map((body) => ({ body, sessionId })));
    expect(await counter.getNext()).toMatchObject({ value: 2n });
  });
});

test("those who ask together share a turn, and all counters one connection", async () => {
  await using first = newCounter();
  await using second = newCounter();
  const before = bus.embedded?.connectionCount ?? 0;
  const taken = await Promise.all(Array.from({ length: 200 }, () => first.getNext()));
  expect(taken.map(({ value }) => value)).toEqual(
    Array.from({ length: 200 }, (_, index) => BigInt(index + 1)),
  );
  expect(await second.getNext()).toMatchObject({ value: 1n });
  expect((bus.embedded?.connectionCount ?? 0) - before).toBeLessThanOrEqual(1);
});

describe.concurrent("what is in the way is told", () => {
  test("a queue that is missing and may not be made, by its name", async () => {
    await using counter = newCounter({ queue: "not-there", administration: bus.connectionString });
    await expect(counter.getNext()).rejects.toMatchObject({
      kind: "missing-entity",
      message: expect.stringContaining('no queue "not-there"'),
    });
  });

  test("a broker that is not there, as something to try again", async () => {
    const nowhere = bus.connectionString.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1");
    await using counter = new WebCounter(nowhere, "library", "nowhere", { ...options, waitMs: 300 });
    await expect(counter.getNext()).rejects.toMatchObject({ kind: "unavailable", retryAfterSeconds: 5 });
  });

  test("a lock that another keeps, as something to try again; nothing is taken", async () => {
    await using other = new WebCounter(bus.connectionString, "library", "kept", { ...options, waitMs: 300 });
    await eventually(() => other.getNext());
    // Refused until the counter has let go of it.
    const locked = await eventually(() => bus.client.acceptSession(queue, "library/kept"));
    await expect(other.getNext()).rejects.toMatchObject({ kind: "counter-busy", retryAfterSeconds: 1 });
    await locked.close();
    expect(await other.getNext()).toMatchObject({ value: 2n });
  });

  test("a name, a count, a mode and an initial value that cannot be", async () => {
    await using counter = newCounter();
    const refused = { kind: "invalid-request" };
    for (const count of [0, -1, 1.5, 10_001, Number.NaN])
      await expect(counter.getNext(count)).rejects.toMatchObject(refused);
    await using nameless = new WebCounter(bus.connectionString, "", "c", options);
    await expect(nameless.getNext()).rejects.toMatchObject(refused);
    expect(() => newCounter({ initialValue: -1n })).toThrow(expect.objectContaining(refused));
  });
});
