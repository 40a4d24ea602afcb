import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { bodies, numbered, one, take, whatever } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

describe.concurrent("a receiver that locks what it takes", () => {
  test("keeps a message from others until it is settled", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: "mine" });
    const first = bus.client.createReceiver(queue);
    const message = await one(first);
    const second = bus.client.createReceiver(queue);
    expect(await whatever(second)).toEqual([]);
    await first.abandonMessage(message);
    expect((await one(second)).body).toBe("mine");
  });

  test("gets messages in the order in which they were sent", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    for (let body = 0; body < 5; body++) await sender.sendMessages({ body });
    expect(bodies(await take(bus.client.createReceiver(queue), 5))).toEqual([0, 1, 2, 3, 4]);
  });

  test("waits for a message that comes later", async () => {
    const queue = await bus.queue();
    const receiver = bus.client.createReceiver(queue);
    const waiting = one(receiver);
    // The peek shows that the connection answers; the credit of the waiting call has then been sent before it.
    await receiver.peekMessages(1);
    await bus.client.createSender(queue).sendMessages({ body: "late" });
    expect((await waiting).body).toBe("late");
  });

  test("comes back with nothing when the time to wait is over", async () => {
    const queue = await bus.queue();
    const began = Date.now();
    expect(await bus.client.createReceiver(queue).receiveMessages(3, { maxWaitTimeInMs: 300 })).toEqual([]);
    expect(Date.now() - began).toBeGreaterThanOrEqual(290);
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  test("gets no more than it asked for, and the rest stays free for others", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(5));
    const first = bus.client.createReceiver(queue);
    expect(bodies(await first.receiveMessages(2))).toEqual([0, 1]);
    expect(bodies(await take(bus.client.createReceiver(queue), 3))).toEqual([2, 3, 4]);
  });

  test("holds nothing back after a call that ended, for it asks without prefetch", async () => {
    const queue = await bus.queue();
    const first = bus.client.createReceiver(queue);
    expect(await whatever(first)).toEqual([]);
    await bus.client.createSender(queue).sendMessages({ body: "for anyone" });
    expect((await one(bus.client.createReceiver(queue))).body).toBe("for anyone");
  });

  test("shares a queue with others: each message goes to exactly one", async () => {
    const queue = await bus.queue();
    const seen: unknown[][] = [[], [], []];
    const subscriptions = seen.map((mine) =>
      bus.client.createReceiver(queue).subscribe(
        {
          processMessage: async (message) => void mine.push(message.body),
          processError: async () => {},
        },
        { maxConcurrentCalls: 5 },
      ),
    );
    await bus.client.createSender(queue).sendMessages(numbered(150));
    await eventually(() => expect(seen.flat()).toHaveLength(150));
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    expect(new Set(seen.flat()).size).toBe(150);
    expect(seen.every((mine) => mine.length > 0)).toBe(true);
  });

  test("iterates over messages as they come", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(3));
    const receiver = bus.client.createReceiver(queue);
    const seen: unknown[] = [];
    for await (const message of receiver.getMessageIterator()) {
      seen.push(message.body);
      await receiver.completeMessage(message);
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([0, 1, 2]);
  });

  test("leaves unsettled messages locked when it closes, and they can still be settled", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: "open" });
    const receiver = bus.client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    await one(receiver);
    await receiver.close();
    expect(await whatever(bus.client.createReceiver(queue))).toEqual([]);
    expect(await bus.client.createReceiver(queue).peekMessages(1)).toHaveLength(1);
  });
});

describe.concurrent("a receiver that deletes what it takes", () => {
  test("needs to settle nothing, and nothing is left", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(3));
    const receiver = bus.client.createReceiver(queue, { receiveMode: "receiveAndDelete" });
    const received = await take(receiver, 3);
    expect(bodies(received)).toEqual([0, 1, 2]);
    await expect(receiver.completeMessage(received[0]!)).rejects.toThrow(/receiveAndDelete/);
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test("takes only what it asked for", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(5));
    const receiver = bus.client.createReceiver(queue, { receiveMode: "receiveAndDelete" });
    expect(await receiver.receiveMessages(2)).toHaveLength(2);
    await receiver.close();
    expect(bodies(await bus.client.createReceiver(queue).peekMessages(10))).toEqual([2, 3, 4]);
  });
});

describe.concurrent("a subscription to a queue", () => {
  test("handles so many at once as it asked for, and no more", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(12));
    let [running, most, done] = [0, 0, 0];
    const receiver = bus.client.createReceiver(queue);
    const subscription = receiver.subscribe(
      {
        processMessage: async () => {
          most = Math.max(most, ++running);
          await eventually(() => most === 4);
          running -= 1;
          done += 1;
        },
        processError: async () => {},
      },
      { maxConcurrentCalls: 4 },
    );
    await eventually(() => done === 12);
    await subscription.close();
    expect(most).toBe(4);
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test("hands a message over again when its handler throws", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: "twice" });
    const counts: (number | undefined)[] = [];
    const errors: string[] = [];
    const subscription = bus.client.createReceiver(queue).subscribe({
      processMessage: async (message) => {
        counts.push(message.deliveryCount);
        if (counts.length < 3) throw new Error("not yet");
      },
      processError: async ({ errorSource }) => void errors.push(errorSource),
    });
    await eventually(() => expect(counts).toEqual([0, 1, 2]));
    await subscription.close();
    expect(errors).toEqual(["processMessageCallback", "processMessageCallback"]);
  });
});
