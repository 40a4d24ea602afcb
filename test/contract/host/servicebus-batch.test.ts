import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { isEmpty, listening, moment, text, textsIn } from "../../support/listening.ts";

const bus = await openBus();
afterAll(() => bus.close());

const numbers = (count: number) => Array.from({ length: count }, (_, index) => text(String(index)));

describe.concurrent("a function that takes many messages", () => {
  test("gets in one call what is there, and completes all of it", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbers(25));
    await using host = listening(bus, { binding: { queueName: queue, cardinality: "many" } });
    await host.listener.start();
    await eventually(() => expect(host.calls.map((call) => textsIn(call).length)).toEqual([25]));
    expect(host.calls[0]?.triggerMetadata["MessageIdArray"]?.collectionString?.string).toHaveLength(25);
    expect(host.calls[0]?.triggerMetadata["SequenceNumberArray"]?.collectionSint64?.sint64[0]).toEqual(
      expect.any(Number),
    );
    await eventually(() => isEmpty(bus, queue));
  });

  test("gets them as bytes when it asks for them", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbers(2));
    await using host = listening(bus, {
      binding: { queueName: queue, cardinality: "many", dataType: "binary" },
    });
    await host.listener.start();
    await eventually(() => expect(host.calls).toHaveLength(1));
    const bytes = host.calls[0]?.inputData[0]?.data.collectionBytes?.bytes ?? [];
    expect(bytes.map((it) => Buffer.from(it).toString())).toEqual(["0", "1"]);
  });

  test("gets no more in a call than host.json allows, and one call at a time", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbers(10));
    const go = moment();
    let running = 0;
    let most = 0;
    await using host = listening(bus, {
      binding: { queueName: queue, cardinality: "many" },
      options: { maxMessageBatchSize: 4 },
      body: async () => {
        most = Math.max(most, ++running);
        await go.reached;
        running -= 1;
      },
    });
    await host.listener.start();
    await eventually(() => expect(running).toBe(1));
    go.reach();
    await eventually(() => isEmpty(bus, queue));
    expect(host.calls.map((call) => textsIn(call).length)).toEqual([4, 4, 2]);
    expect(most).toBe(1);
  });

  test("gets a single message without waiting for more", async () => {
    const queue = await bus.queue();
    await using host = listening(bus, { binding: { queueName: queue, cardinality: "many" } });
    await host.listener.start();
    await eventually(() => expect(host.listener.state).toBe("running"));
    const start = Date.now();
    await bus.client.createSender(queue).sendMessages(text("alone"));
    await eventually(() => expect(host.calls).toHaveLength(1));
    // A batch that waited to be full would take `maxBatchWaitTime`, 30 s.
    expect(Date.now() - start).toBeLessThan(10_000);
  });

  test("waits for as many as it wants at least", async () => {
    const queue = await bus.queue();
    await using host = listening(bus, {
      binding: { queueName: queue, cardinality: "many" },
      options: { minMessageBatchSize: 3 },
    });
    await host.listener.start();
    const sender = bus.client.createSender(queue);
    for (const message of numbers(3)) await sender.sendMessages(message);
    await eventually(() => expect(host.calls.flatMap(textsIn)).toHaveLength(3));
    expect(host.calls).toHaveLength(1);
  });

  test("gets all of them again when it failed", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbers(3));
    await using host = listening(bus, {
      binding: { queueName: queue, cardinality: "many" },
      body: ({ triggerMetadata }) => {
        if (triggerMetadata["DeliveryCountArray"]?.json === "[1,1,1]") throw new Error("broken");
      },
    });
    await host.listener.start();
    await eventually(() => isEmpty(bus, queue));
    expect(host.calls.slice(1).flatMap(textsIn).toSorted()).toEqual(["0", "1", "2"]);
  });
});
