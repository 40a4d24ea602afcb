import type { ServiceBusMessage, ServiceBusReceivedMessage } from "@azure/service-bus";
import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { one, take } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

type AmqpAnnotatedMessage = ServiceBusReceivedMessage["_rawAmqpMessage"];

/** Sends a message through a queue of its own and gives what comes out. */
async function through(
  message: ServiceBusMessage | AmqpAnnotatedMessage,
): Promise<ServiceBusReceivedMessage> {
  const queue = await bus.queue();
  await bus.client.createSender(queue).sendMessages(message);
  return one(bus.client.createReceiver(queue));
}

describe.concurrent("the body of a message", () => {
  const values: [string, unknown][] = [
    ["text", "grüße, 世界 👋"],
    ["empty text", ""],
    ["an object", { a: [1, 2, { b: null }], c: "d" }],
    ["a number", 12.5],
    ["true", true],
    ["null", null],
    ["a list", [1, "two", null]],
  ];
  test.each(values)("comes back as it was sent: %s", async (_, body) => {
    expect((await through({ body })).body).toEqual(body);
  });

  test("comes back byte by byte when it is binary", async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    expect((await through({ body })).body).toEqual(body);
  });

  test("keeps its AMQP section: data", async () => {
    const received = await through({ bodyType: "data", body: { in: "data" } });
    expect(received._rawAmqpMessage.bodyType).toBe("data");
    expect(received.body).toEqual({ in: "data" });
  });

  test("keeps its AMQP section: value", async () => {
    const received = await through({ bodyType: "value", body: { in: "value", number: 7 } });
    expect(received._rawAmqpMessage.bodyType).toBe("value");
    expect(received.body).toEqual({ in: "value", number: 7 });
  });

  test("keeps its AMQP section: sequence", async () => {
    const received = await through({ bodyType: "sequence", body: [[1, "two"], [true]] });
    expect(received._rawAmqpMessage.bodyType).toBe("sequence");
    expect(received.body).toEqual([[1, "two"], [true]]);
  });

  test("keeps its AMQP section in an array of messages too", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages([
      { bodyType: "value", body: "v" },
      { bodyType: "sequence", body: [["s"]] },
      { bodyType: "data", body: "d" },
    ] satisfies AmqpAnnotatedMessage[]);
    const received = await take(bus.client.createReceiver(queue), 3);
    expect(received.map((message) => message._rawAmqpMessage.bodyType)).toEqual([
      "value",
      "sequence",
      "data",
    ]);
  });
});

describe.concurrent("the properties of a message", () => {
  test("all come back as they were sent", async () => {
    const sent = {
      body: 1,
      messageId: "the id",
      correlationId: "the correlation",
      contentType: "application/json",
      subject: "the subject",
      to: "the addressee",
      replyTo: "the answer's queue",
      replyToSessionId: "the answer's session",
      partitionKey: "the partition",
      timeToLive: 123_000,
    };
    expect(await through(sent)).toMatchObject(sent);
  });

  test("may be identifiers that are numbers", async () => {
    const received = await through({ body: 1, messageId: 42, correlationId: 43 });
    expect([received.messageId, received.correlationId]).toEqual([42, 43]);
  });

  test("hold a message id even when the sender gave none", async () => {
    expect((await through({ body: 1 })).messageId).toMatch(/.+/);
  });

  test("tell when and as which the broker took the message", async () => {
    const before = Date.now() - 2_000;
    const received = await through({ body: 1 });
    expect(received.enqueuedTimeUtc?.getTime()).toBeGreaterThan(before);
    expect(received.enqueuedTimeUtc?.getTime()).toBeLessThan(Date.now() + 2_000);
    expect(received.sequenceNumber?.toNumber()).toBeGreaterThan(0);
    expect(received).toMatchObject({ deliveryCount: 0, state: "active" });
    expect(received.lockToken).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(received.lockedUntilUtc?.getTime()).toBeGreaterThan(Date.now());
  });

  test("number the messages of a queue upwards", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    await sender.sendMessages([{ body: 1 }, { body: 2 }]);
    await sender.sendMessages({ body: 3 });
    const received = await take(bus.client.createReceiver(queue), 3);
    const sequence = received.map((message) => message.sequenceNumber?.toNumber() ?? 0);
    expect(sequence).toEqual(sequence.toSorted((a, b) => a - b));
    expect(new Set(sequence).size).toBe(3);
  });
});

describe.concurrent("an application property", () => {
  const values: [string, string | number | boolean | Date | null][] = [
    ["text", "grüße"],
    ["empty text", ""],
    ["an integer", 42],
    ["a negative integer", -42],
    ["an integer of more than 32 bits", 2 ** 40 + 1],
    ["a negative integer of more than 32 bits", -(2 ** 40) - 1],
    ["the largest safe integer", Number.MAX_SAFE_INTEGER],
    ["a fraction", 12.5],
    ["a very small number", 5e-324],
    ["true", true],
    ["false", false],
    ["null", null],
    ["a date", new Date("2026-02-28T23:59:59.999Z")],
  ];
  test.each(values)("comes back as it was sent: %s", async (_, value) => {
    const received = await through({ body: 1, applicationProperties: { value } });
    const back = received.applicationProperties?.["value"];
    expect(value instanceof Date ? new Date(Number(back)) : back).toEqual(value);
  });

  test("keeps the case of its name, and many of them fit", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `Name-${index}`);
    const applicationProperties = Object.fromEntries(names.map((name, index) => [name, index]));
    expect((await through({ body: 1, applicationProperties })).applicationProperties).toEqual(
      applicationProperties,
    );
  });
});

describe.concurrent("an annotated message", () => {
  test("keeps header, properties and its own annotations", async () => {
    const received = await through({
      body: "annotated",
      bodyType: "value",
      header: { timeToLive: 60_000, priority: 7, durable: true },
      properties: { messageId: "m", groupSequence: 3 },
      applicationProperties: { a: 1 },
      messageAnnotations: { "x-mine": "yes" },
      footer: { checksum: "abc" },
    });
    const raw = received._rawAmqpMessage;
    expect(raw.properties).toMatchObject({ messageId: "m", groupSequence: 3 });
    expect(raw.messageAnnotations).toMatchObject({ "x-mine": "yes" });
    expect(raw.header).toMatchObject({ priority: 7, timeToLive: 60_000 });
    expect(raw.footer).toMatchObject({ checksum: "abc" });
    expect(received.applicationProperties).toEqual({ a: 1 });
  });
});
