import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { bodies, numbered, one, take } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

describe.concurrent("peeking", () => {
  test("shows messages without taking or locking them", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(3));
    const receiver = bus.client.createReceiver(queue);
    expect(bodies(await receiver.peekMessages(10))).toEqual([0, 1, 2]);
    const received = await take(receiver, 3);
    expect(received.map((message) => message.deliveryCount)).toEqual([0, 0, 0]);
  });

  test("goes on from where it was", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(5));
    const receiver = bus.client.createReceiver(queue);
    expect(bodies(await receiver.peekMessages(2))).toEqual([0, 1]);
    expect(bodies(await receiver.peekMessages(2))).toEqual([2, 3]);
    expect(bodies(await receiver.peekMessages(2))).toEqual([4]);
    expect(bodies(await receiver.peekMessages(2))).toEqual([]);
  });

  test("starts at a sequence number when it is given one", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(5));
    const receiver = bus.client.createReceiver(queue);
    const [, , third] = await receiver.peekMessages(5);
    const again = await receiver.peekMessages(10, { fromSequenceNumber: third!.sequenceNumber! });
    expect(bodies(again)).toEqual([2, 3, 4]);
    expect(
      bodies(await receiver.peekMessages(1, { fromSequenceNumber: third!.sequenceNumber!.add(1) })),
    ).toEqual([3]);
  });

  test("finds nothing in an empty queue", async () => {
    const queue = await bus.queue();
    expect(await bus.client.createReceiver(queue).peekMessages(10)).toEqual([]);
  });

  test("shows what is locked, deferred and scheduled, and says so", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    await sender.sendMessages(numbered(3));
    await sender.scheduleMessages({ body: 3 }, new Date(Date.now() + 3_600_000));
    const receiver = bus.client.createReceiver(queue);
    const [, second] = await take(receiver, 2);
    await receiver.deferMessage(second!);
    const peeked = await receiver.peekMessages(10);
    expect(peeked.map((message): unknown[] => [message.body, message.state])).toEqual([
      [0, "active"],
      [1, "deferred"],
      [2, "active"],
      [3, "scheduled"],
    ]);
  });

  test("does not show what is completed or dead-lettered", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(3));
    const receiver = bus.client.createReceiver(queue);
    const [first, second] = await take(receiver, 2);
    await receiver.completeMessage(first!);
    await receiver.deadLetterMessage(second!);
    expect(bodies(await receiver.peekMessages(10))).toEqual([2]);
  });

  test("shows everything of a message but a lock", async () => {
    const queue = await bus.queue();
    const sent = { body: { a: 1 }, messageId: "m", subject: "s", applicationProperties: { p: true } };
    await bus.client.createSender(queue).sendMessages(sent);
    const [peeked] = await bus.client.createReceiver(queue).peekMessages(1);
    expect(peeked).toMatchObject(sent);
    expect(peeked?.enqueuedTimeUtc?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    await expect(bus.client.createReceiver(queue).completeMessage(peeked!)).rejects.toBeInstanceOf(Error);
  });

  test("counts the deliveries that there were", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: 1 });
    const receiver = bus.client.createReceiver(queue);
    for (let delivery = 0; delivery < 2; delivery++) await receiver.abandonMessage(await one(receiver));
    const [peeked] = await receiver.peekMessages(1);
    expect(peeked?.deliveryCount).toBe(2);
  });

  test("shows the messages of its own session through a session receiver", async () => {
    const queue = await bus.queue({ requiresSession: true });
    await bus.client.createSender(queue).sendMessages([
      { body: "a1", sessionId: "a" },
      { body: "b1", sessionId: "b" },
      { body: "a2", sessionId: "a" },
    ]);
    const session = await bus.client.acceptSession(queue, "a");
    expect(bodies(await session.peekMessages(10))).toEqual(["a1", "a2"]);
  });

  test("shows all sessions through a receiver without a session", async () => {
    const queue = await bus.queue({ requiresSession: true });
    const messages = ["a", "b", "c"].map((sessionId) => ({ body: sessionId, sessionId }));
    await bus.client.createSender(queue).sendMessages(messages);
    expect(bodies(await bus.client.createReceiver(queue).peekMessages(10))).toEqual(["a", "b", "c"]);
  });

  test("shows many messages, call after call", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(600));
    const receiver = bus.client.createReceiver(queue);
    const seen: unknown[] = [];
    for (
      let more = await receiver.peekMessages(250);
      more.length > 0;
      more = await receiver.peekMessages(250)
    ) {
      seen.push(...bodies(more));
    }
    expect(seen).toEqual([...Array(600).keys()]);
  });
});
