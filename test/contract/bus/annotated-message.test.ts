import type { AmqpAnnotatedMessage } from "@azure/core-amqp";
import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { one } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

async function through(message: AmqpAnnotatedMessage) {
  const queue = await bus.queue();
  await bus.client.createSender(queue).sendMessages(message);
  const receiver = bus.client.createReceiver(queue);
  const received = await one(receiver);
  return { receiver, received, raw: received._rawAmqpMessage };
}

describe.concurrent("a message with AMQP sections of its own", () => {
  test("keeps its header, but for the delivery count", async () => {
    const header = { durable: true, firstAcquirer: false, priority: 20, timeToLive: 100_000 };
    const { raw } = await through({ body: 1, bodyType: "data", header: { ...header, deliveryCount: 10 } });
    expect(raw.header).toEqual({ ...header, deliveryCount: 0 });
  });

  test("keeps annotations and footer, with what is nested in them", async () => {
    const nested = { list: [1, "two", { three: true }] };
    const { raw } = await through({
      body: 1,
      bodyType: "data",
      messageAnnotations: { mine: nested },
      deliveryAnnotations: { onTheWay: "kept" },
      footer: { last: "word" },
    });
    expect(raw.messageAnnotations).toMatchObject({ mine: nested });
    expect(raw.deliveryAnnotations).toMatchObject({ onTheWay: "kept" });
    expect(raw.footer).toEqual({ last: "word" });
  });

  test("says by which lock it is held, also when it comes in a reply", async () => {
    const { receiver, received, raw } = await through({ body: 1 });
    expect(Object.keys(raw.deliveryAnnotations ?? {})).toEqual(["x-opt-lock-token"]);
    await receiver.deferMessage(received);
    const [deferred] = await receiver.receiveDeferredMessages(received.sequenceNumber!);
    expect(Object.keys(deferred?._rawAmqpMessage.deliveryAnnotations ?? {})).toEqual(["x-opt-lock-token"]);
  });

  test("says nothing of its state while it is active", async () => {
    const { raw } = await through({ body: 1 });
    expect(raw.messageAnnotations).not.toHaveProperty("x-opt-message-state");
  });
});
