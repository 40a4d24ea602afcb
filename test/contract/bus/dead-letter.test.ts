import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { bodies, numbered, one, take } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

const deadLetter = { subQueueType: "deadLetter" } as const;

/** A queue whose dead-letter queue holds so many messages, with a reason each. */
async function queueWithDead(count: number): Promise<string> {
  const queue = await bus.queue();
  await bus.client
    .createSender(queue)
    .sendMessages(numbered(count, { applicationProperties: { kept: "yes" } }));
  const receiver = bus.client.createReceiver(queue);
  for (const message of await take(receiver, count)) {
    await receiver.deadLetterMessage(message, {
      deadLetterReason: `reason ${message.body}`,
      deadLetterErrorDescription: "what went wrong",
      added: Number(message.body),
    });
  }
  await receiver.close();
  return queue;
}

describe.concurrent("dead-lettering a message", () => {
  test("moves it with reason, description and properties", async () => {
    const queue = await queueWithDead(1);
    expect(await bus.client.createReceiver(queue).peekMessages(1)).toEqual([]);
    const dead = await one(bus.client.createReceiver(queue, deadLetter));
    expect(dead).toMatchObject({
      body: 0,
      deadLetterReason: "reason 0",
      deadLetterErrorDescription: "what went wrong",
      applicationProperties: {
        kept: "yes",
        added: 0,
        DeadLetterReason: "reason 0",
        DeadLetterErrorDescription: "what went wrong",
      },
    });
  });

  test("needs no reason", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: "no reason" });
    const receiver = bus.client.createReceiver(queue);
    await receiver.deadLetterMessage(await one(receiver));
    const dead = await one(bus.client.createReceiver(queue, deadLetter));
    expect(dead.body).toBe("no reason");
    expect(dead.deadLetterReason).toBeUndefined();
  });

  test("works after the link it came over was closed", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: "later" });
    const receiver = bus.client.createReceiver(queue);
    const message = await one(receiver);
    await receiver.close();
    const options = { deadLetterReason: "late", deadLetterErrorDescription: "link was closed" };
    await bus.client.createReceiver(queue).deadLetterMessage(message, options);
    expect(await one(bus.client.createReceiver(queue, deadLetter))).toMatchObject(options);
  });

  test("works on a subscription", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    await bus.client.createSender(topic).sendMessages({ body: "of the topic" });
    const receiver = bus.client.createReceiver(topic, subscription);
    await receiver.deadLetterMessage(await one(receiver));
    const dead = await one(bus.client.createReceiver(topic, subscription, deadLetter));
    expect(dead.body).toBe("of the topic");
  });

  test("works in a session, and the dead-letter queue needs no session", async () => {
    const queue = await bus.queue({ requiresSession: true });
    await bus.client.createSender(queue).sendMessages({ body: "in a session", sessionId: "s" });
    const session = await bus.client.acceptSession(queue, "s");
    await session.deadLetterMessage(await one(session), {
      deadLetterReason: "r",
      deadLetterErrorDescription: "d",
    });
    await session.close();
    const dead = await one(bus.client.createReceiver(queue, deadLetter));
    expect(dead).toMatchObject({ body: "in a session", sessionId: "s", deadLetterReason: "r" });
  });
});

describe.concurrent("the dead-letter queue", () => {
  test("keeps order", async () => {
    const queue = await queueWithDead(5);
    expect(bodies(await take(bus.client.createReceiver(queue, deadLetter), 5))).toEqual([0, 1, 2, 3, 4]);
  });

  test("can be peeked at", async () => {
    const queue = await queueWithDead(2);
    const peeked = await bus.client.createReceiver(queue, deadLetter).peekMessages(10);
    expect(peeked.map((message) => message.deadLetterReason)).toEqual(["reason 0", "reason 1"]);
  });

  test("lets a message be completed", async () => {
    const queue = await queueWithDead(2);
    const receiver = bus.client.createReceiver(queue, deadLetter);
    await receiver.completeMessage(await one(receiver));
    expect(bodies(await receiver.peekMessages(10))).toEqual([1]);
  });

  test("lets a message be deleted on receipt", async () => {
    const queue = await queueWithDead(2);
    const receiver = bus.client.createReceiver(queue, { ...deadLetter, receiveMode: "receiveAndDelete" });
    expect(await take(receiver, 2)).toHaveLength(2);
    expect(await receiver.peekMessages(10)).toEqual([]);
  });

  test("keeps a message that is abandoned, however often", async () => {
    const queue = await bus.queue({ maxDeliveryCount: 1 });
    await bus.client.createSender(queue).sendMessages({ body: "stays" });
    const live = bus.client.createReceiver(queue);
    await live.deadLetterMessage(await one(live));
    const receiver = bus.client.createReceiver(queue, deadLetter);
    for (let attempt = 0; attempt < 5; attempt++) await receiver.abandonMessage(await one(receiver));
    expect((await one(receiver)).body).toBe("stays");
  });

  test("lets a message be deferred and asked for", async () => {
    const queue = await queueWithDead(1);
    const receiver = bus.client.createReceiver(queue, deadLetter);
    const message = await one(receiver);
    await receiver.deferMessage(message);
    const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber!);
    expect(deferred).toMatchObject({ body: 0, deadLetterReason: "reason 0" });
  });

  test("gives a message that can be sent again to the queue it came from", async () => {
    const queue = await queueWithDead(1);
    const receiver = bus.client.createReceiver(queue, deadLetter);
    const dead = await one(receiver);
    await bus.client.createSender(queue).sendMessages(dead);
    await receiver.completeMessage(dead);
    const again = await one(bus.client.createReceiver(queue));
    expect(again).toMatchObject({ body: 0, deliveryCount: 0, messageId: dead.messageId! });
    expect(again.applicationProperties).toMatchObject({ kept: "yes" });
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test("cannot be sent to", async () => {
    const queue = await bus.queue();
    const sender = bus
      .newClient({ retryOptions: { maxRetries: 0 } })
      .createSender(`${queue}/$DeadLetterQueue`);
    await expect(sender.sendMessages({ body: 1 })).rejects.toBeInstanceOf(Error);
  });

  test("exists from the start and is empty", async () => {
    const queue = await bus.queue();
    expect(await bus.client.createReceiver(queue, deadLetter).peekMessages(1)).toEqual([]);
    const transfer = bus.client.createReceiver(queue, { subQueueType: "transferDeadLetter" });
    expect(await transfer.peekMessages(1)).toEqual([]);
  });
});
