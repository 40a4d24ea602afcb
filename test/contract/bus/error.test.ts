import { afterAll, describe, expect, test } from "vitest";
import { BrokerError } from "../../../local/servicebus/broker-error.ts";
import { embeddedBroker, openBus } from "../../support/bus.ts";
import { one } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

const notFound = { code: "MessagingEntityNotFound", retryable: false };
const disabled = { code: "MessagingEntityDisabled", retryable: false };

/** A client that tells the first error it gets. */
const once = () => bus.newClient({ retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } });

describe.concurrent("an entity that does not exist", () => {
  const missing = bus.nameFor("missing");

  test("cannot be sent to", async () => {
    await expect(once().createSender(missing).sendMessages({ body: 1 })).rejects.toMatchObject(notFound);
  });

  test("cannot be received from", async () => {
    await expect(once().createReceiver(missing).receiveMessages(1)).rejects.toMatchObject(notFound);
  });

  test("cannot be peeked at", async () => {
    await expect(once().createReceiver(missing).peekMessages(1)).rejects.toMatchObject(notFound);
  });

  test("has no session to accept", async () => {
    await expect(once().acceptNextSession(missing)).rejects.toMatchObject(notFound);
  });

  test("cannot be scheduled to", async () => {
    const sender = once().createSender(missing);
    await expect(sender.scheduleMessages({ body: 1 }, new Date())).rejects.toMatchObject(notFound);
  });

  test("may be a subscription that its topic does not have", async () => {
    const topic = await bus.topic();
    await expect(once().createReceiver(topic, "nobody").receiveMessages(1)).rejects.toMatchObject(notFound);
  });

  test("is told to a subscriber as an error each time, who goes on asking", async () => {
    const errors: unknown[] = [];
    let twice: () => void;
    const seen = new Promise<void>((resolve) => (twice = resolve));
    const subscription = bus.client.createReceiver(missing).subscribe({
      processMessage: async () => {},
      processError: async ({ error }) => {
        if (errors.push(error) === 2) twice();
      },
    });
    await seen;
    await subscription.close();
    expect(errors[0]).toMatchObject(notFound);
  });
});

describe.concurrent("an entity that is disabled", () => {
  test("can neither be sent to nor received from", async () => {
    const queue = await bus.queue({ status: "Disabled" });
    await expect(once().createSender(queue).sendMessages({ body: 1 })).rejects.toMatchObject(disabled);
    await expect(once().createReceiver(queue).receiveMessages(1)).rejects.toMatchObject(disabled);
  });

  test("can be received from when it is disabled for sending only", async () => {
    const queue = await bus.queue({ status: "SendDisabled" });
    await expect(once().createSender(queue).sendMessages({ body: 1 })).rejects.toMatchObject(disabled);
    expect(await once().createReceiver(queue).receiveMessages(1, { maxWaitTimeInMs: 100 })).toEqual([]);
  });

  test("can be sent to when it is disabled for receiving only", async () => {
    const queue = await bus.queue({ status: "ReceiveDisabled" });
    await once().createSender(queue).sendMessages({ body: 1 });
    await expect(once().createReceiver(queue).receiveMessages(1)).rejects.toMatchObject(disabled);
  });
});

describe.concurrent("a broker that is busy", () => {
  const reason = "only it can be told to be busy";
  const busy = new BrokerError("com.microsoft:server-busy", "The request was throttled.");

  test("is asked again, and the message is sent once", async (context) => {
    const broker = embeddedBroker(bus, context, reason);
    const queue = await bus.queue();
    broker.faults.failNext("send", busy, { times: 2, path: queue });
    await bus.client.createSender(queue).sendMessages({ body: "in the end" });
    const receiver = bus.client.createReceiver(queue);
    expect((await one(receiver)).body).toBe("in the end");
    expect(await receiver.peekMessages(10)).toHaveLength(1);
  });

  test("says so when it is asked too often", async (context) => {
    const broker = embeddedBroker(bus, context, reason);
    const queue = await bus.queue();
    broker.faults.failNext("send", busy, { path: queue });
    await expect(once().createSender(queue).sendMessages({ body: 1 })).rejects.toMatchObject({
      code: "ServiceBusy",
      retryable: true,
    });
  });
});

describe.concurrent("a queue that is full", () => {
  test("refuses what no longer fits, and takes messages again when there is room", async (context) => {
    embeddedBroker(bus, context, "elsewhere the smallest queue holds a gigabyte");
    const queue = await bus.queue({ maxSizeBytes: 100_000 });
    const sender = once().createSender(queue);
    const body = Buffer.alloc(60_000);
    await sender.sendMessages({ body });
    await expect(sender.sendMessages({ body })).rejects.toMatchObject({
      code: "QuotaExceeded",
      retryable: false,
    });
    const receiver = bus.client.createReceiver(queue, { receiveMode: "receiveAndDelete" });
    await one(receiver);
    await sender.sendMessages({ body });
    expect(await receiver.peekMessages(10)).toHaveLength(1);
  });
});
