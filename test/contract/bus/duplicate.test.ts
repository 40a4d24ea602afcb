import type { ServiceBusClient } from "@azure/service-bus";
import { afterAll, describe, expect, test } from "vitest";
import { openBus, openTimedBus } from "../../support/bus.ts";
import { bodies, one, whatever } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

const MINUTE_MS = 60_000;
const SHORTEST_WINDOW_MS = 20_000;
const detecting = { requiresDuplicateDetection: true, duplicateDetectionWindowMs: MINUTE_MS };

/** Everything an entity holds, without taking it. */
async function held(entity: string, client: ServiceBusClient = bus.client): Promise<unknown[]> {
  return bodies(await client.createReceiver(entity).peekMessages(100));
}

describe.concurrent("a queue that detects duplicates", () => {
  test("takes a message id once: what repeats it is accepted and dropped", async () => {
    const queue = await bus.queue(detecting);
    const sender = bus.client.createSender(queue);
    await sender.sendMessages({ body: "first", messageId: "id" });
    await sender.sendMessages({ body: "second", messageId: "id" });
    await sender.sendMessages({ body: "other", messageId: "other" });
    expect(await held(queue)).toEqual(["first", "other"]);
  });

  test("drops it also after the first was completed", async () => {
    const queue = await bus.queue(detecting);
    const sender = bus.client.createSender(queue);
    const receiver = bus.client.createReceiver(queue);
    await sender.sendMessages({ body: "first", messageId: "id" });
    await receiver.completeMessage(await one(receiver));
    await sender.sendMessages({ body: "second", messageId: "id" });
    expect(await whatever(receiver)).toEqual([]);
  });

  test("looks into arrays and batches", async () => {
    const queue = await bus.queue(detecting);
    const sender = bus.client.createSender(queue);
    await sender.sendMessages([
      { body: 1, messageId: "a" },
      { body: 2, messageId: "a" },
      { body: 3, messageId: "b" },
    ]);
    const batch = await sender.createMessageBatch();
    batch.tryAddMessage({ body: 4, messageId: "b" });
    batch.tryAddMessage({ body: 5, messageId: "c" });
    await sender.sendMessages(batch);
    expect(await held(queue)).toEqual([1, 3, 5]);
  });

  test("takes messages for which the sender made no id, however alike", async () => {
    const queue = await bus.queue(detecting);
    const sender = bus.client.createSender(queue);
    await sender.sendMessages({ body: "same" });
    await sender.sendMessages({ body: "same" });
    expect(await held(queue)).toEqual(["same", "same"]);
  });

  test("tells ids apart by case", async () => {
    const queue = await bus.queue(detecting);
    await bus.client.createSender(queue).sendMessages([
      { body: "lower", messageId: "id" },
      { body: "upper", messageId: "ID" },
    ]);
    expect(await held(queue)).toEqual(["lower", "upper"]);
  });

  test("takes one of many that are sent at once", async () => {
    const queue = await bus.queue(detecting);
    const sender = bus.client.createSender(queue);
    await Promise.all([...Array(20).keys()].map((body) => sender.sendMessages({ body, messageId: "race" })));
    expect(await held(queue)).toHaveLength(1);
  });

  test("counts a scheduled message from when it was scheduled", async () => {
    const queue = await bus.queue(detecting);
    const sender = bus.client.createSender(queue);
    await sender.scheduleMessages({ body: "scheduled", messageId: "id" }, new Date(Date.now() + MINUTE_MS));
    await sender.sendMessages({ body: "sent", messageId: "id" });
    expect(await held(queue)).toEqual(["scheduled"]);
  });
});

describe.concurrent("elsewhere", () => {
  test("a topic that detects duplicates drops them for every subscription", async () => {
    const topic = await bus.topic(detecting);
    const subscription = await bus.subscription(topic);
    const sender = bus.client.createSender(topic);
    await sender.sendMessages({ body: "first", messageId: "id" });
    await sender.sendMessages({ body: "second", messageId: "id" });
    expect(bodies(await bus.client.createReceiver(topic, subscription).peekMessages(10))).toEqual(["first"]);
  });

  test("a queue that does not detect duplicates takes them all", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    await sender.sendMessages({ body: 1, messageId: "id" });
    await sender.sendMessages({ body: 2, messageId: "id" });
    expect(await held(queue)).toEqual([1, 2]);
  });
});

test("a message id is taken again when the window is over", async () => {
  await using timed = await openTimedBus();
  const queue = await timed.queue({ ...detecting, duplicateDetectionWindowMs: SHORTEST_WINDOW_MS });
  const sender = timed.client.createSender(queue);
  await sender.sendMessages({ body: "first", messageId: "id" });
  await timed.pass(SHORTEST_WINDOW_MS / 2);
  await sender.sendMessages({ body: "within", messageId: "id" });
  await timed.pass(SHORTEST_WINDOW_MS);
  await sender.sendMessages({ body: "after", messageId: "id" });
  expect(await held(queue, timed.client)).toEqual(["first", "after"]);
});
