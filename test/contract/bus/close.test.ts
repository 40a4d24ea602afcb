import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { numbered, one, take } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

describe.concurrent("closing", () => {
  test("a receiver waits for its handlers, and what they complete is gone", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: 1 });
    let [began, finished] = [false, false];
    let finish: () => void;
    const mayFinish = new Promise<void>((resolve) => (finish = resolve));
    const subscription = bus.client.createReceiver(queue).subscribe({
      processMessage: async () => {
        began = true;
        await mayFinish;
        finished = true;
      },
      processError: async () => {},
    });
    await eventually(() => began);
    const closing = subscription.close();
    finish!();
    await closing;
    expect(finished).toBe(true);
    await eventually(async () => (await bus.client.createReceiver(queue).peekMessages(1)).length === 0);
  });

  test("a subscription stops messages from coming, and the rest is left for others", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    const seen: unknown[] = [];
    const receiver = bus.client.createReceiver(queue);
    const subscription = receiver.subscribe({
      processMessage: async ({ body }) => void seen.push(body),
      processError: async () => {},
    });
    await sender.sendMessages({ body: "seen" });
    await eventually(() => seen.length === 1);
    await subscription.close();
    await sender.sendMessages(numbered(3));
    const received = await take(bus.client.createReceiver(queue), 3);
    expect(received.map((message) => message.deliveryCount)).toEqual([0, 0, 0]);
    expect(seen).toEqual(["seen"]);
  });

  test("a client closes all that it made, quickly, while calls wait", async () => {
    const [queue, sessions] = [await bus.queue(), await bus.queue({ requiresSession: true })];
    const client = bus.newClient();
    const sender = client.createSender(queue);
    await sender.sendMessages({ body: 1, timeToLive: 1 });
    const receiver = client.createReceiver(queue);
    await receiver.peekMessages(1);
    const session = await client.acceptSession(sessions, "s");
    // The library settles the first of these only when its time to wait is over, and the second never.
    receiver.receiveMessages(1, { maxWaitTimeInMs: 1_000 }).catch(() => {});
    client.acceptNextSession(sessions).catch(() => {});
    const waiting = session.receiveMessages(1);
    const began = Date.now();
    await client.close();
    expect(await waiting).toEqual([]);
    expect(Date.now() - began).toBeLessThan(3_000);
    expect([sender.isClosed, receiver.isClosed, session.isClosed]).toEqual([true, true, true]);
  });

  test("one client leaves the links of another alone", async () => {
    const queue = await bus.queue();
    const [leaving, staying] = [bus.newClient(), bus.newClient()];
    const waiting = one(staying.createReceiver(queue));
    await leaving.createSender(queue).sendMessages({ body: "from who left" });
    await leaving.close();
    expect((await waiting).body).toBe("from who left");
  });

  test("may be done twice", async () => {
    const client = bus.newClient();
    const sender = client.createSender(await bus.queue());
    await sender.sendMessages({ body: 1 });
    await Promise.all([sender.close(), sender.close(), client.close(), client.close()]);
    expect(sender.isClosed).toBe(true);
  });

  test("links by the hundred leaves none behind", async () => {
    const queue = await bus.queue();
    const client = bus.newClient();
    for (let round = 0; round < 10; round++) {
      const senders = Array.from({ length: 10 }, () => client.createSender(queue));
      await Promise.all(senders.map((sender) => sender.sendMessages({ body: round })));
      await Promise.all(senders.map((sender) => sender.close()));
    }
    expect(await take(client.createReceiver(queue, { receiveMode: "receiveAndDelete" }), 100)).toHaveLength(
      100,
    );
  });
});
