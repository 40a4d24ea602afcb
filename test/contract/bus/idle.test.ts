import type { TestContext } from "vitest";
import { afterAll, describe, expect, test } from "vitest";
import { openBus, openTimedBus } from "../../support/bus.ts";
import type { Bus } from "../../support/bus.ts";
import { one } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

const MINUTE_MS = 60_000;
const idle = { autoDeleteOnIdleMs: 5 * MINUTE_MS };
const notFound = { code: "MessagingEntityNotFound" };

/** A bus of the test's own, whose time it moves. */
function timedBus({ skip }: TestContext): Promise<Bus> {
  skip(
    bus.embedded === undefined,
    "embedded broker only: elsewhere an entity lives on for five minutes at least",
  );
  return openTimedBus();
}

describe.concurrent("an entity that deletes itself on idle", () => {
  test("is gone after so long without use", async (context) => {
    await using timed = await timedBus(context);
    const [queue, kept] = [await timed.queue(idle), await timed.queue()];
    const client = timed.newClient({ retryOptions: { maxRetries: 0 } });
    await timed.pass(5 * MINUTE_MS + 1_000);
    await expect(client.createSender(queue).sendMessages({ body: 1 })).rejects.toMatchObject(notFound);
    await client.createSender(kept).sendMessages({ body: 1 });
  });

  test("lives on while messages are sent and received", async (context) => {
    await using timed = await timedBus(context);
    const queue = await timed.queue(idle);
    const receiver = timed.client.createReceiver(queue, { receiveMode: "receiveAndDelete" });
    for (let turn = 0; turn < 4; turn++) {
      await timed.pass(3 * MINUTE_MS);
      await timed.client.createSender(queue).sendMessages({ body: turn });
      await timed.pass(1 * MINUTE_MS);
      expect((await one(receiver)).body).toBe(turn);
    }
  });

  test("lives on while a receiver is attached", async (context) => {
    await using timed = await timedBus(context);
    const queue = await timed.queue(idle);
    const receiver = timed.client.createReceiver(queue);
    const waiting = one(receiver);
    await receiver.peekMessages(1);
    for (let turn = 0; turn < 3; turn++) await timed.pass(4 * MINUTE_MS);
    await timed.client.createSender(queue).sendMessages({ body: "still here" });
    expect((await waiting).body).toBe("still here");
  });

  test("takes its own subscriptions with it when it is a topic, and a subscription goes alone", async (context) => {
    await using timed = await timedBus(context);
    const topic = await timed.topic();
    const [leaving, staying] = [await timed.subscription(topic, idle), await timed.subscription(topic)];
    const client = timed.newClient({ retryOptions: { maxRetries: 0 } });
    await timed.pass(5 * MINUTE_MS + 1_000);
    await client.createSender(topic).sendMessages({ body: "for who stayed" });
    expect((await one(client.createReceiver(topic, staying))).body).toBe("for who stayed");
    await expect(client.createReceiver(topic, leaving).receiveMessages(1)).rejects.toMatchObject(notFound);
  });
});
