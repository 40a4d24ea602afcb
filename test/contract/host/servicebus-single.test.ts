import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import {
  busSettings,
  deliveryCountIn,
  isEmpty,
  listening,
  moment,
  text,
  textsIn,
} from "../../support/listening.ts";

const bus = await openBus();
afterAll(() => bus.close());

describe.concurrent("a function with a message a call", () => {
  test("gets what is in a queue, and success completes it", async () => {
    const queue = await bus.queue();
    await using host = listening(bus, { binding: { queueName: queue } });
    await host.listener.start();
    await bus.client.createSender(queue).sendMessages(text("hello"));
    await eventually(() => expect(host.calls.map(textsIn)).toEqual([["hello"]]));
    await eventually(() => isEmpty(bus, queue));
  });

  test("gets what is in a subscription", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    await using host = listening(bus, { binding: { topicName: topic, subscriptionName: subscription } });
    await host.listener.start();
    await bus.client.createSender(topic).sendMessages(text("hello"));
    await eventually(() => expect(host.calls.map(textsIn)).toEqual([["hello"]]));
  });

  test("gets a message again when it failed, until the queue dead-letters it", async () => {
    const queue = await bus.queue({ maxDeliveryCount: 3 });
    const body = () => Promise.reject(new Error("broken"));
    await using host = listening(bus, { binding: { queueName: queue }, body });
    await host.listener.start();
    await bus.client.createSender(queue).sendMessages(text("poison"));
    const dead = bus.client.createReceiver(queue, { subQueueType: "deadLetter" });
    const [message] = await dead.receiveMessages(1);
    expect(message?.deadLetterReason).toBe("MaxDeliveryCountExceeded");
    expect(host.calls.map(deliveryCountIn)).toEqual([1, 2, 3]);
  });

  test("is told everything about the message", async () => {
    const queue = await bus.queue();
    await using host = listening(bus, { binding: { queueName: queue } });
    await host.listener.start();
    await bus.client.createSender(queue).sendMessages({
      body: "hello",
      messageId: "123",
      correlationId: "c1",
      subject: "greeting",
      replyTo: "replies",
      replyToSessionId: "rs1",
      to: "you",
      contentType: "text/plain",
      partitionKey: "p1",
      applicationProperties: { TenantId: "blue", count: 3 },
    });
    await eventually(() => expect(host.calls).toHaveLength(1));
    const time = expect.stringMatching(/^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?"$/);
    const zoned = expect.stringMatching(/\+00:00"$/);
    expect(host.calls[0]?.triggerMetadata).toEqual({
      DeliveryCount: { json: "1" },
      LockToken: { string: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      ExpiresAtUtc: { json: '"9999-12-31T23:59:59.9999999"' },
      ExpiresAt: { json: '"9999-12-31T23:59:59.9999999+00:00"' },
      EnqueuedTimeUtc: { json: time },
      EnqueuedTime: { json: zoned },
      MessageId: { string: "123" },
      ContentType: { string: "text/plain" },
      ReplyTo: { string: "replies" },
      SequenceNumber: { json: expect.stringMatching(/^\d+$/) },
      To: { string: "you" },
      Subject: { string: "greeting" },
      Label: { string: "greeting" },
      CorrelationId: { string: "c1" },
      ApplicationProperties: { json: '{"TenantId":"blue","count":3}' },
      UserProperties: { json: '{"TenantId":"blue","count":3}' },
      ReplyToSessionId: { string: "rs1" },
      PartitionKey: { string: "p1" },
    });
  });

  test("gets text with its JSON properties among the metadata, or bytes without", async () => {
    const texts = await bus.queue();
    const bytes = await bus.queue();
    await using asText = listening(bus, { binding: { queueName: texts } });
    await using asBytes = listening(bus, { binding: { queueName: bytes, dataType: "binary" } });
    await Promise.all([asText.listener.start(), asBytes.listener.start()]);
    const body = { messageId: "forged", colour: "blue" };
    await bus.client.createSender(texts).sendMessages({ body, messageId: "m1" });
    await bus.client.createSender(bytes).sendMessages({ body, messageId: "m1" });
    await eventually(() => expect([asText.calls.length, asBytes.calls.length]).toEqual([1, 1]));
    expect(asText.calls[0]?.inputData).toEqual([{ name: "message", data: { string: JSON.stringify(body) } }]);
    expect(asText.calls[0]?.triggerMetadata).toMatchObject({
      MessageId: { string: "forged" },
      colour: { string: "blue" },
    });
    expect(Buffer.from(asBytes.calls[0]?.inputData[0]?.data.bytes ?? []).toString()).toBe(
      JSON.stringify(body),
    );
    expect(asBytes.calls[0]?.triggerMetadata["MessageId"]).toEqual({ string: "m1" });
    expect(asBytes.calls[0]?.triggerMetadata).not.toHaveProperty("colour");
  });

  test("is not called for a text that is no UTF-8; the message is dead-lettered in the end", async () => {
    const queue = await bus.queue({ maxDeliveryCount: 2 });
    await using host = listening(bus, { binding: { queueName: queue } });
    await host.listener.start();
    await bus.client.createSender(queue).sendMessages({ body: Buffer.from([0xff, 0xfe]) });
    const dead = bus.client.createReceiver(queue, { subQueueType: "deadLetter" });
    expect(await dead.receiveMessages(1)).toHaveLength(1);
    expect(host.calls).toEqual([]);
    expect(host.logged.map(({ message }) => message)).toContainEqual(expect.stringContaining("not UTF-8"));
  });

  test("runs as often at a time as host.json allows, and no more", async () => {
    const queue = await bus.queue();
    const go = moment();
    let running = 0;
    let most = 0;
    await using host = listening(bus, {
      binding: { queueName: queue },
      options: { maxConcurrentCalls: 2, prefetchCount: 3 },
      body: async () => {
        most = Math.max(most, ++running);
        await go.reached;
        running -= 1;
      },
    });
    await host.listener.start();
    await bus.client
      .createSender(queue)
      .sendMessages(["a", "b", "c", "d", "e", "f", "g"].map((body) => text(body)));
    await eventually(() => expect(running).toBe(2));
    go.reach();
    await eventually(() => isEmpty(bus, queue));
    expect(most).toBe(2);
    expect(host.calls).toHaveLength(7);
  });

  test("gets through thousands of messages", async () => {
    const queue = await bus.queue();
    await using host = listening(bus, { binding: { queueName: queue }, options: { maxConcurrentCalls: 32 } });
    await host.listener.start();
    const sender = bus.client.createSender(queue);
    for (let hundred = 0; hundred < 20; hundred++) {
      await sender.sendMessages(Array.from({ length: 100 }, (_, index) => text(`${hundred * 100 + index}`)));
    }
    await eventually(() => isEmpty(bus, queue), { withinMs: 30_000 });
    expect(new Set(host.calls.flatMap(textsIn)).size).toBe(2_000);
    expect(host.calls).toHaveLength(2_000);
  });
});

test("all functions on one connection share one client", async ({ skip }) => {
  skip(bus.embedded === undefined, "embedded broker only: it tells how many clients are connected");
  await using own = await openBus({});
  const settings = busSettings(own.connectionString);
  const queues = [await own.queue(), await own.queue(), await own.queue({ requiresSession: true })];
  const hosts = queues.map((queueName, index) =>
    listening(own, { binding: { queueName, isSessionsEnabled: index === 2 }, settings }),
  );
  await Promise.all(hosts.map(({ listener }) => listener.start()));
  await eventually(() =>
    expect(hosts.map(({ listener }) => listener.state)).toEqual(["running", "running", "running"]),
  );
  expect(own.embedded?.connectionCount).toBe(1);
  await Promise.all(hosts.map(({ listener }) => listener.stop(1_000)));
  await eventually(() => expect(own.embedded?.connectionCount).toBe(0));
});
