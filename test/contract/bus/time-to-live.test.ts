import { afterAll, describe, expect, test } from "vitest";
import { openTimedBus } from "../../support/bus.ts";
import { bodies, one, whatever } from "../../support/messages.ts";

const timed = await openTimedBus();
afterAll(() => timed.close());

const SHORT_MS = 1_000;
const deadLetter = { subQueueType: "deadLetter" } as const;

describe("a message with a time to live", () => {
  test("can be received in time and says when it expires", async () => {
    const queue = await timed.queue();
    await timed.client.createSender(queue).sendMessages({ body: 1, timeToLive: 60_000 });
    const message = await one(timed.client.createReceiver(queue));
    expect(message.timeToLive).toBe(60_000);
    expect(message.expiresAtUtc!.getTime() - message.enqueuedTimeUtc!.getTime()).toBe(60_000);
  });

  test("is gone when its time is over, and others stay", async () => {
    const queue = await timed.queue();
    const sender = timed.client.createSender(queue);
    await sender.sendMessages([{ body: "short", timeToLive: SHORT_MS }, { body: "long" }]);
    await timed.pass(SHORT_MS);
    const receiver = timed.client.createReceiver(queue);
    expect(bodies(await whatever(receiver))).toEqual(["long"]);
    expect(await timed.client.createReceiver(queue, deadLetter).peekMessages(1)).toEqual([]);
  });

  test("goes to the dead-letter queue if the queue says so, with the reason", async () => {
    const queue = await timed.queue({ deadLetterOnExpiration: true });
    await timed.client.createSender(queue).sendMessages({ body: "too old", timeToLive: SHORT_MS });
    await timed.pass(SHORT_MS);
    const dead = await one(timed.client.createReceiver(queue, deadLetter));
    expect(dead).toMatchObject({ body: "too old", deadLetterReason: "TTLExpiredException" });
    expect(dead.deadLetterErrorDescription).toMatch(/expired/);
    expect(await whatever(timed.client.createReceiver(queue))).toEqual([]);
  });

  test("is not taken from the one who holds its lock", async () => {
    const queue = await timed.queue();
    await timed.client.createSender(queue).sendMessages({ body: "held", timeToLive: SHORT_MS });
    const receiver = timed.client.createReceiver(queue);
    const message = await one(receiver);
    await timed.pass(SHORT_MS);
    await receiver.completeMessage(message);
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test("does not come back when it is abandoned after its time", async () => {
    const queue = await timed.queue({ deadLetterOnExpiration: true });
    await timed.client.createSender(queue).sendMessages({ body: "given up late", timeToLive: SHORT_MS });
    const receiver = timed.client.createReceiver(queue);
    const message = await one(receiver);
    await timed.pass(SHORT_MS);
    await receiver.abandonMessage(message);
    const dead = await one(timed.client.createReceiver(queue, deadLetter));
    expect(dead.deadLetterReason).toBe("TTLExpiredException");
  });

  test("lives from the moment at which it is due when it is scheduled", async () => {
    const queue = await timed.queue();
    const sender = timed.client.createSender(queue);
    const due = new Date(timed.now() + 2 * SHORT_MS);
    await sender.scheduleMessages({ body: "later", timeToLive: SHORT_MS }, due);
    await timed.pass(2 * SHORT_MS);
    expect((await one(timed.client.createReceiver(queue))).body).toBe("later");
  });

  test("expires in a session as anywhere", async () => {
    const queue = await timed.queue({ requiresSession: true, deadLetterOnExpiration: true });
    await timed.client.createSender(queue).sendMessages([
      { body: "short", sessionId: "s", timeToLive: SHORT_MS },
      { body: "long", sessionId: "s" },
    ]);
    await timed.pass(SHORT_MS);
    const session = await timed.client.acceptSession(queue, "s");
    expect((await one(session)).body).toBe("long");
    expect((await one(timed.client.createReceiver(queue, deadLetter))).body).toBe("short");
  });

  test("stays in the dead-letter queue for good", async () => {
    const queue = await timed.queue();
    await timed.client.createSender(queue).sendMessages({ body: "kept", timeToLive: SHORT_MS });
    const receiver = timed.client.createReceiver(queue);
    await receiver.deadLetterMessage(await one(receiver));
    await timed.pass(SHORT_MS);
    expect((await one(timed.client.createReceiver(queue, deadLetter))).body).toBe("kept");
  });
});

describe("the time to live of an entity", () => {
  test("holds for messages that have none", async () => {
    const queue = await timed.queue({ defaultTtlMs: SHORT_MS, deadLetterOnExpiration: true });
    await timed.client.createSender(queue).sendMessages({ body: 1 });
    const [peeked] = await timed.client.createReceiver(queue).peekMessages(1);
    expect(peeked?.expiresAtUtc?.getTime()).toBe(peeked!.enqueuedTimeUtc!.getTime() + SHORT_MS);
    await timed.pass(SHORT_MS);
    expect((await one(timed.client.createReceiver(queue, deadLetter))).body).toBe(1);
  });

  test("is the most a message can ask for", async () => {
    const queue = await timed.queue({ defaultTtlMs: 60_000 });
    await timed.client.createSender(queue).sendMessages([
      { body: "more", timeToLive: 3_600_000 },
      { body: "less", timeToLive: 30_000 },
    ]);
    const peeked = await timed.client.createReceiver(queue).peekMessages(2);
    expect(
      peeked.map((message) => message.expiresAtUtc!.getTime() - message.enqueuedTimeUtc!.getTime()),
    ).toEqual([60_000, 30_000]);
  });

  test("holds in a topic and in each subscription: the shorter wins", async () => {
    const topic = await timed.topic({ defaultTtlMs: 60_000 });
    const shorter = await timed.subscription(topic, { defaultTtlMs: 30_000 });
    const longer = await timed.subscription(topic, { defaultTtlMs: 90_000 });
    await timed.client.createSender(topic).sendMessages({ body: 1 });
    const lives = [];
    for (const subscription of [shorter, longer]) {
      const message = await one(timed.client.createReceiver(topic, subscription));
      lives.push(message.expiresAtUtc!.getTime() - message.enqueuedTimeUtc!.getTime());
    }
    expect(lives).toEqual([30_000, 60_000]);
  });
});
