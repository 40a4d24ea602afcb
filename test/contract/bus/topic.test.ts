import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { bodies, numbered, one, sortedNumbers, take, whatever } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

describe.concurrent("a topic", () => {
  test("gives each subscription its own copy", async () => {
    const topic = await bus.topic();
    const subscriptions = [
      await bus.subscription(topic),
      await bus.subscription(topic),
      await bus.subscription(topic),
    ];
    await bus.client.createSender(topic).sendMessages(numbered(10, { subject: "news" }));
    for (const subscription of subscriptions) {
      const receiver = bus.client.createReceiver(topic, subscription);
      const received = await take(receiver, 10);
      expect(bodies(received)).toEqual([...Array(10).keys()]);
      await Promise.all(received.map((message) => receiver.completeMessage(message)));
      expect(await receiver.peekMessages(1)).toEqual([]);
    }
  });

  test("settles each copy on its own", async () => {
    const topic = await bus.topic();
    const [first, second] = [await bus.subscription(topic), await bus.subscription(topic)];
    await bus.client.createSender(topic).sendMessages({ body: "copy" });
    const mine = bus.client.createReceiver(topic, first);
    await mine.deadLetterMessage(await one(mine));
    const others = bus.client.createReceiver(topic, second);
    await others.abandonMessage(await one(others), { note: "mine alone" });
    const dead = await one(bus.client.createReceiver(topic, first, { subQueueType: "deadLetter" }));
    expect(dead.applicationProperties?.["note"]).toBeUndefined();
    expect(await one(others)).toMatchObject({
      deliveryCount: 1,
      applicationProperties: { note: "mine alone" },
    });
  });

  test("keeps nothing when it has no subscription, and tells a later one nothing", async () => {
    const topic = await bus.topic();
    await bus.client.createSender(topic).sendMessages({ body: "lost" });
    const subscription = await bus.subscription(topic);
    expect(await whatever(bus.client.createReceiver(topic, subscription))).toEqual([]);
  });

  test("takes batches and arrays, and every kind of body", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    const sender = bus.client.createSender(topic);
    const batch = await sender.createMessageBatch();
    batch.tryAddMessage({ body: "batched" });
    await sender.sendMessages(batch);
    await sender.sendMessages([{ body: Buffer.from("binary") }, { body: "v", bodyType: "value" }]);
    const received = await take(bus.client.createReceiver(topic, subscription), 3);
    expect(bodies(received)).toEqual(["batched", Buffer.from("binary"), "v"]);
  });

  test("shares the messages of one subscription between its receivers", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    await bus.client.createSender(topic).sendMessages(numbered(4));
    const [first, second] = [0, 1].map(() => bus.client.createReceiver(topic, subscription));
    const received = [...(await take(first!, 2)), ...(await take(second!, 2))];
    expect(sortedNumbers(received)).toEqual([0, 1, 2, 3]);
  });

  test("cannot be received from", async () => {
    const topic = await bus.topic();
    const client = bus.newClient({ retryOptions: { maxRetries: 0 } });
    await expect(client.createReceiver(topic).receiveMessages(1)).rejects.toBeInstanceOf(Error);
  });

  test("has subscriptions that cannot be sent to", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    const client = bus.newClient({ retryOptions: { maxRetries: 0 } });
    const sender = client.createSender(`${topic}/Subscriptions/${subscription}`);
    await expect(sender.sendMessages({ body: 1 })).rejects.toBeInstanceOf(Error);
  });

  test("may have sessions in one subscription and none in another", async () => {
    const topic = await bus.topic();
    const ordered = await bus.subscription(topic, { requiresSession: true });
    const plain = await bus.subscription(topic);
    await bus.client.createSender(topic).sendMessages(numbered(2, { sessionId: "s" }));
    expect(bodies(await take(await bus.client.acceptSession(topic, ordered, "s"), 2))).toEqual([0, 1]);
    expect(bodies(await take(bus.client.createReceiver(topic, plain), 2))).toEqual([0, 1]);
  });
});
