import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { one } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

async function queueWithOne() {
  const queue = await bus.queue();
  await bus.client.createSender(queue).sendMessages({ body: "counted" });
  const receiver = bus.client.createReceiver(queue);
  const dead = bus.client.createReceiver(queue, { subQueueType: "deadLetter" });
  return { receiver, dead, message: await one(receiver) };
}

async function deferred(
  receiver: ServiceBusReceiver,
  { sequenceNumber }: ServiceBusReceivedMessage,
): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveDeferredMessages(sequenceNumber!);
  return message!;
}

describe.concurrent("the delivery count", () => {
  test("rises when a message is deferred, again and again", async () => {
    const { receiver, message } = await queueWithOne();
    await receiver.deferMessage(message);
    const once = await deferred(receiver, message);
    expect(once.deliveryCount).toBe(1);
    await receiver.deferMessage(once);
    expect((await deferred(receiver, message)).deliveryCount).toBe(2);
  });

  test("rises when a deferred message is abandoned", async () => {
    const { receiver, message } = await queueWithOne();
    await receiver.deferMessage(message);
    await receiver.abandonMessage(await deferred(receiver, message));
    expect((await deferred(receiver, message)).deliveryCount).toBe(2);
  });

  test("goes with a message to the dead-letter queue, which does not add to it", async () => {
    const { receiver, dead, message } = await queueWithOne();
    await receiver.abandonMessage(message);
    await receiver.deadLetterMessage(await one(receiver));
    for (let attempt = 0; attempt < 3; attempt++) {
      const letter = await one(dead);
      expect(letter.deliveryCount).toBe(1);
      await dead.abandonMessage(letter);
    }
  });
});

describe.concurrent("a dead letter", () => {
  test("cannot be dead-lettered again, and can still be completed", async () => {
    const { receiver, dead, message } = await queueWithOne();
    await receiver.deadLetterMessage(message);
    const letter = await one(dead);
    await expect(dead.deadLetterMessage(letter)).rejects.toMatchObject({ code: "GeneralError" });
    expect(await dead.peekMessages(1)).toMatchObject([{ body: "counted" }]);
  });
});
