import { afterAll, describe, expect, test } from "vitest";
import { openBus, openTimedBus } from "../../support/bus.ts";
import { bodies, numbered, one, sortedNumbers, take, whatever } from "../../support/messages.ts";

const bus = await openBus();
const timed = await openTimedBus();
afterAll(() => Promise.all([bus.close(), timed.close()]));

const soon = (ms = 700): Date => new Date(Date.now() + ms);
const later = (ms: number): Date => new Date(timed.now() + ms);
const HOUR_MS = 3_600_000;

describe.concurrent("a scheduled message", () => {
  test("comes at its time and not before", async () => {
    const queue = await bus.queue();
    const receiver = bus.client.createReceiver(queue);
    const due = soon();
    await bus.client.createSender(queue).scheduleMessages({ body: "on time" }, due);
    const message = await one(receiver);
    expect(Date.now()).toBeGreaterThanOrEqual(due.getTime() - 20);
    expect(message.body).toBe("on time");
    expect(message.enqueuedTimeUtc!.getTime()).toBeGreaterThanOrEqual(due.getTime() - 20);
  });

  test("comes at once when its time has passed", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).scheduleMessages({ body: "overdue" }, new Date(Date.now() - 60_000));
    expect((await one(bus.client.createReceiver(queue))).body).toBe("overdue");
  });

  test("gets a number by which it can be seen while it waits", async () => {
    const queue = await bus.queue();
    const due = soon(HOUR_MS);
    const sender = bus.client.createSender(queue);
    const numbers = await sender.scheduleMessages(numbered(3, { messageId: "id" }), due);
    expect(new Set(numbers.map(String)).size).toBe(3);
    const receiver = bus.client.createReceiver(queue);
    const peeked = await receiver.peekMessages(10);
    expect(peeked.map((message) => message.sequenceNumber?.toString())).toEqual(numbers.map(String));
    expect(peeked.map((message) => message.state)).toEqual(["scheduled", "scheduled", "scheduled"]);
    expect(peeked[0]?.scheduledEnqueueTimeUtc).toEqual(due);
    expect(await whatever(receiver)).toEqual([]);
  });

  test("can be cancelled together with others", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    const numbers = await sender.scheduleMessages(numbered(5), soon(HOUR_MS));
    await sender.cancelScheduledMessages(numbers);
    expect(await bus.client.createReceiver(queue).peekMessages(10)).toEqual([]);
  });

  test("cannot be cancelled when it is unknown or has come", async () => {
    const queue = await bus.queue();
    const sender = bus.newClient({ retryOptions: { maxRetries: 0 } }).createSender(queue);
    const [number] = await sender.scheduleMessages({ body: "has come" }, soon(100));
    await one(bus.client.createReceiver(queue));
    for (const unknown of [number!, number!.add(987_654)]) {
      await expect(sender.cancelScheduledMessages(unknown)).rejects.toMatchObject({
        code: "MessageNotFound",
      });
    }
  });

  test("cannot be received by its number while it waits", async () => {
    const queue = await bus.queue();
    const [number] = await bus.client.createSender(queue).scheduleMessages({ body: 1 }, soon(HOUR_MS));
    const receiver = bus.client.createReceiver(queue);
    await expect(receiver.receiveDeferredMessages(number!)).rejects.toMatchObject({
      code: "MessageNotFound",
    });
  });

  test("comes to its session", async () => {
    const queue = await bus.queue({ requiresSession: true });
    await bus.client.createSender(queue).scheduleMessages({ body: "for s", sessionId: "s" }, soon(300));
    const session = await bus.client.acceptNextSession(queue);
    expect(session.sessionId).toBe("s");
    expect((await one(session)).body).toBe("for s");
  });

  test("is refused as a whole when one of several is too large", async () => {
    const queue = await bus.queue();
    const messages = [{ body: "small" }, { body: "x".repeat(300_000) }];
    await expect(
      bus.client.createSender(queue).scheduleMessages(messages, soon(HOUR_MS)),
    ).rejects.toBeInstanceOf(Error);
    expect(await bus.client.createReceiver(queue).peekMessages(10)).toEqual([]);
  });
});

describe("a scheduled message, as time goes by,", () => {
  test("may be scheduled by its own property, one or many", async () => {
    const queue = await timed.queue();
    const scheduledEnqueueTimeUtc = later(2_000);
    const sender = timed.client.createSender(queue);
    await sender.sendMessages({ body: "one", scheduledEnqueueTimeUtc });
    await sender.sendMessages([{ body: "now" }, { body: "two", scheduledEnqueueTimeUtc }]);
    const receiver = timed.client.createReceiver(queue);
    expect((await one(receiver)).body).toBe("now");
    await timed.pass(2_000);
    const due = await take(receiver, 2);
    expect(new Set(bodies(due))).toEqual(new Set(["one", "two"]));
    for (const { enqueuedTimeUtc } of due) {
      expect(enqueuedTimeUtc!.getTime()).toBeGreaterThanOrEqual(scheduledEnqueueTimeUtc.getTime() - 20);
    }
  });

  test("never comes when it is cancelled", async () => {
    const queue = await timed.queue();
    const sender = timed.client.createSender(queue);
    const numbers = await sender.scheduleMessages(numbered(3), later(500));
    await sender.cancelScheduledMessages(numbers[1]!);
    await timed.pass(1_000);
    const receiver = timed.client.createReceiver(queue);
    expect(sortedNumbers(await take(receiver, 2))).toEqual([0, 2]);
    expect(await whatever(receiver)).toEqual([]);
  });

  test("comes in the order of the times, not of the sending", async () => {
    const queue = await timed.queue();
    const sender = timed.client.createSender(queue);
    const start = timed.now() + 500;
    for (const body of [3, 1, 2]) await sender.scheduleMessages({ body }, new Date(start + body * 100));
    await timed.pass(1_000);
    expect(bodies(await take(timed.client.createReceiver(queue), 3))).toEqual([1, 2, 3]);
  });

  test("waits in the topic and then comes to every subscription", async () => {
    const topic = await timed.topic();
    const subscriptions = [await timed.subscription(topic), await timed.subscription(topic)];
    const sender = timed.client.createSender(topic);
    await sender.scheduleMessages({ body: "for all" }, later(300));
    const [cancelled] = await sender.scheduleMessages({ body: "for nobody" }, later(300));
    await sender.cancelScheduledMessages(cancelled!);
    await timed.pass(1_000);
    for (const subscription of subscriptions) {
      const receiver = timed.client.createReceiver(topic, subscription);
      expect((await one(receiver)).body).toBe("for all");
      expect(await whatever(receiver)).toEqual([]);
    }
  });
});
