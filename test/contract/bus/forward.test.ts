import { afterAll, describe, expect, test } from "vitest";
import { openBus, openTimedBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { bodies, numbered, one, take, whatever } from "../../support/messages.ts";

const bus = await openBus();
const timed = await openTimedBus();
afterAll(() => Promise.all([bus.close(), timed.close()]));

/** As long as a message lives or waits where a test lets that time go by. */
const WHILE_MS = 2_000;

const deadLetter = { subQueueType: "deadLetter" } as const;
const transferDeadLetter = { subQueueType: "transferDeadLetter" } as const;

/** So many queues that each forward to the next; the first one comes first. */
async function chain(length: number): Promise<string[]> {
  const queues = [await bus.queue()];
  while (queues.length < length) queues.unshift(await bus.queue({ forwardTo: queues[0]! }));
  return queues;
}

describe.concurrent("forwarding", () => {
  test("moves every message from one queue to another, in order", async () => {
    const target = await bus.queue();
    const source = await bus.queue({ forwardTo: target });
    await bus.client.createSender(source).sendMessages(numbered(20, { subject: "kept", messageId: "kept" }));
    const received = await take(bus.client.createReceiver(target), 20);
    expect(bodies(received)).toEqual([...Array(20).keys()]);
    expect(received[0]).toMatchObject({ subject: "kept", messageId: "kept", deliveryCount: 0 });
  });

  test("moves what a subscription takes to a queue", async () => {
    const target = await bus.queue();
    const topic = await bus.topic();
    await bus.subscription(topic, { forwardTo: target });
    await bus.subscription(topic, { forwardTo: target });
    await bus.client.createSender(topic).sendMessages({ body: "twice" });
    expect(bodies(await take(bus.client.createReceiver(target), 2))).toEqual(["twice", "twice"]);
  });

  test("moves from a queue to a topic and on to its subscriptions", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    const source = await bus.queue({ forwardTo: topic });
    await bus.client.createSender(source).sendMessages({ body: "by way of a topic" });
    expect((await one(bus.client.createReceiver(topic, subscription))).body).toBe("by way of a topic");
  });

  test("follows a chain of four hops", async () => {
    const queues = await chain(5);
    await bus.client.createSender(queues[0]!).sendMessages({ body: "far" });
    expect((await one(bus.client.createReceiver(queues[4]!))).body).toBe("far");
  });

  test("stops at the fifth hop: the message is put aside on its way, and not lost", async () => {
    const queues = await chain(6);
    await bus.client.createSender(queues[0]!).sendMessages({ body: "too far" });
    const aside = await eventually(async () => {
      const places = queues.flatMap((queue) => [
        bus.client.createReceiver(queue, deadLetter),
        bus.client.createReceiver(queue, transferDeadLetter),
      ]);
      const peeked = await Promise.all(places.map((place) => place.peekMessages(10)));
      await Promise.all(places.map((place) => place.close()));
      expect(peeked.flat()).toHaveLength(1);
      return peeked.flat();
    });
    expect(aside[0]?.body).toBe("too far");
    expect(aside[0]?.deadLetterReason).toMatch(/.+/);
    expect(await whatever(bus.client.createReceiver(queues[5]!))).toEqual([]);
  });

  test("ends in a queue with sessions, and the message comes to its session", async () => {
    const target = await bus.queue({ requiresSession: true });
    const topic = await bus.topic();
    await bus.subscription(topic, { forwardTo: target });
    await bus.client.createSender(topic).sendMessages(numbered(3, { sessionId: "s" }));
    const session = await bus.client.acceptSession(target, "s");
    expect(bodies(await take(session, 3))).toEqual([0, 1, 2]);
  });

  test("puts aside what the target cannot take, in the source's transfer dead-letter queue", async () => {
    const target = await bus.queue({ requiresSession: true });
    const source = await bus.queue({ forwardTo: target });
    await bus.client.createSender(source).sendMessages({ body: "no session id" });
    const aside = await one(bus.client.createReceiver(source, transferDeadLetter));
    expect(aside.body).toBe("no session id");
    expect(aside.deadLetterReason).toMatch(/.+/);
    expect(await bus.client.createReceiver(source, deadLetter).peekMessages(1)).toEqual([]);
  });

  test("leaves nothing to receive from the queue that forwards", async () => {
    const target = await bus.queue();
    const source = await bus.queue({ forwardTo: target });
    await bus.client.createSender(source).sendMessages({ body: 1 });
    await one(bus.client.createReceiver(target));
    const client = bus.newClient({ retryOptions: { maxRetries: 0 } });
    const received = client.createReceiver(source).receiveMessages(1, { maxWaitTimeInMs: 250 });
    expect(await received.catch(() => "refused")).toSatisfy(
      (seen) => seen === "refused" || seen.length === 0,
    );
  });
});

describe.concurrent("forwarding of dead letters", () => {
  test("moves them to another queue, with their reason and where they came from", async () => {
    const target = await bus.queue();
    const source = await bus.queue({ forwardDeadLetteredTo: target });
    await bus.client.createSender(source).sendMessages({ body: "dead" });
    const receiver = bus.client.createReceiver(source);
    await receiver.deadLetterMessage(await one(receiver), {
      deadLetterReason: "reason",
      deadLetterErrorDescription: "description",
    });
    const dead = await one(bus.client.createReceiver(target));
    expect(dead).toMatchObject({
      body: "dead",
      deadLetterReason: "reason",
      deadLetterErrorDescription: "description",
    });
    expect(dead.deadLetterSource?.toLowerCase()).toBe(source);
    expect(await bus.client.createReceiver(source, deadLetter).peekMessages(1)).toEqual([]);
  });
});

describe("forwarding, as time goes by,", () => {
  test("waits with a scheduled message until it is due", async () => {
    const target = await timed.queue();
    const source = await timed.queue({ forwardTo: target });
    const due = new Date(timed.now() + WHILE_MS);
    await timed.client.createSender(source).scheduleMessages({ body: "later" }, due);
    const receiver = timed.client.createReceiver(target);
    expect(await receiver.peekMessages(1)).toEqual([]);
    await timed.pass(WHILE_MS);
    const message = await one(receiver);
    expect(message.body).toBe("later");
    expect(message.enqueuedTimeUtc!.getTime()).toBeGreaterThanOrEqual(due.getTime() - 20);
  });

  test("moves dead letters that expired and that were delivered too often, from a subscription too", async () => {
    const target = await timed.queue();
    const options = { forwardDeadLetteredTo: target, deadLetterOnExpiration: true, maxDeliveryCount: 1 };
    const topic = await timed.topic();
    const subscription = await timed.subscription(topic, options);
    const sender = timed.client.createSender(topic);
    await sender.sendMessages({ body: "poison" });
    const receiver = timed.client.createReceiver(topic, subscription);
    await receiver.abandonMessage(await one(receiver));
    await sender.sendMessages({ body: "old", timeToLive: WHILE_MS });
    await timed.pass(WHILE_MS);
    const dead = await take(timed.client.createReceiver(target), 2);
    expect(dead.map((message): unknown[] => [message.body, message.deadLetterReason])).toEqual([
      ["poison", "MaxDeliveryCountExceeded"],
      ["old", "TTLExpiredException"],
    ]);
  });
});
