import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { numbered, one, take } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

/** Thousands of messages take seconds, and minutes on a machine that has other things to do. */
const SLOWLY = { timeout: 240_000 };

/** Sends so many numbered messages, as many in one send as fit well. */
async function fill(queue: string, count: number): Promise<void> {
  const sender = bus.client.createSender(queue);
  const messages = numbered(count);
  for (let at = 0; at < count; at += 1_000) await sender.sendMessages(messages.slice(at, at + 1_000));
}

test("twenty thousand messages go through one link that locks and completes each", SLOWLY, async () => {
  const queue = await bus.queue();
  const total = 20_000;
  await fill(queue, total);
  const seen = new Uint8Array(total);
  let count = 0;
  const receiver = bus.client.createReceiver(queue);
  const subscription = receiver.subscribe(
    {
      processMessage: async ({ body }) => {
        seen[Number(body)]! += 1;
        count += 1;
      },
      processError: async ({ error }) => expect.fail(error.message),
    },
    { maxConcurrentCalls: 100 },
  );
  await eventually(() => count >= total, { withinMs: SLOWLY.timeout });
  await subscription.close();
  expect(seen.every((times) => times === 1)).toBe(true);
  expect(await receiver.peekMessages(1)).toEqual([]);
});

test("six thousand messages come in one call that deletes them on receipt", SLOWLY, async () => {
  const queue = await bus.queue();
  await fill(queue, 6_000);
  const receiver = bus.client.createReceiver(queue, { receiveMode: "receiveAndDelete" });
  const received = await take(receiver, 6_000, { withinMs: SLOWLY.timeout });
  expect(received.every((message, index) => message.body === index)).toBe(true);
  expect(await receiver.peekMessages(1)).toEqual([]);
});

test(
  "a call that asks for more than can be locked at once gets what can, and the rest after",
  SLOWLY,
  async () => {
    const queue = await bus.queue();
    await fill(queue, 3_000);
    const receiver = bus.client.createReceiver(queue);
    let count = 0;
    while (count < 3_000) {
      const messages = await receiver.receiveMessages(3_000, { maxWaitTimeInMs: 10_000 });
      expect(messages.length).toBeGreaterThan(0);
      await Promise.all(messages.map((message) => receiver.completeMessage(message)));
      count += messages.length;
    }
    expect(await receiver.peekMessages(1)).toEqual([]);
  },
);

test("one message that is not settled does not hold up two thousand behind it", async () => {
  const queue = await bus.queue();
  await fill(queue, 2_001);
  const receiver = bus.client.createReceiver(queue);
  const head = await one(receiver);
  for (let done = 0; done < 2_000;) {
    const messages = await receiver.receiveMessages(500);
    await Promise.all(messages.map((message) => receiver.completeMessage(message)));
    done += messages.length;
    expect(messages.length).toBeGreaterThan(0);
  }
  await receiver.completeMessage(head);
  expect(await receiver.peekMessages(1)).toEqual([]);
});

describe.concurrent("calls that end while messages come", () => {
  test("lose nothing and take nothing twice", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    const total = 150;
    const receiver = bus.client.createReceiver(queue);
    const seen: unknown[] = [];
    const sending = (async () => {
      for (let body = 0; body < total; body++) await sender.sendMessages({ body });
    })();
    while (seen.length < total) {
      // The wait is so short that many calls end just when a message is on its way.
      const messages = await receiver.receiveMessages(3, { maxWaitTimeInMs: 3 });
      await Promise.all(messages.map((message) => receiver.completeMessage(message)));
      seen.push(...messages.map((message): unknown => message.body));
    }
    await sending;
    expect(new Set(seen).size).toBe(total);
    expect(seen).toHaveLength(total);
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test("come back in time when there is nothing at all", async () => {
    const queue = await bus.queue();
    const receiver = bus.client.createReceiver(queue);
    const roundTrips = await duration(() => receiver.peekMessages(1));
    const calls = await duration(async () => {
      expect(await receiver.receiveMessages(10, { maxWaitTimeInMs: 5 })).toEqual([]);
    });
    // A drain that is not answered costs 200 ms each time; how slow the machine is shows in what a round trip costs.
    expect(calls).toBeLessThan(5_000 + 10 * roundTrips);
  });
});

/** How long it takes to do something fifty times. */
async function duration(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  for (let turn = 0; turn < 50; turn++) await act();
  return performance.now() - began;
}

describe.concurrent("a receiver that takes one message after the other", () => {
  test("gets each of them once", async () => {
    const queue = await bus.queue();
    await fill(queue, 300);
    const receiver = bus.client.createReceiver(queue);
    for (let body = 0; body < 300; body++) {
      const message = await one(receiver);
      expect(message.body).toBe(body);
      await receiver.completeMessage(message);
    }
    expect(await receiver.peekMessages(1)).toEqual([]);
  });
});

describe.concurrent("large messages", () => {
  test("come whole, many of them", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    const body = Buffer.alloc(200_000, 5);
    for (let sent = 0; sent < 40; sent++) await sender.sendMessages({ body, messageId: sent });
    const received = await take(bus.client.createReceiver(queue), 40);
    expect(received.every((message) => body.equals(Buffer.from(message.body)))).toBe(true);
    expect(received.map((message) => message.messageId)).toEqual([...Array(40).keys()]);
  });
});
