import { afterAll, describe, expect, test } from "vitest";
import { openBus, openTimedBus } from "../../support/bus.ts";
import type { Bus } from "../../support/bus.ts";
import { bodies, numbered, one, sortedNumbers, take, whatever } from "../../support/messages.ts";

const bus = await openBus();
const timed = await openTimedBus();
afterAll(() => Promise.all([bus.close(), timed.close()]));

const LOCK_MS = 5_000;

/** A queue with one message, and a receiver that renews no lock by itself. */
async function queueWithOne(on: Bus = bus) {
  const queue = await on.queue(on === timed ? { lockDurationMs: LOCK_MS } : {});
  const applicationProperties = { kept: "as sent", changed: "before" };
  await on.client.createSender(queue).sendMessages({ body: "settle me", applicationProperties });
  return { queue, receiver: on.client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 }) };
}

describe.concurrent("completing a message", () => {
  test("removes it for good", async () => {
    const { receiver } = await queueWithOne();
    await receiver.completeMessage(await one(receiver));
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test("is refused the second time", async () => {
    const { receiver } = await queueWithOne();
    const message = await one(receiver);
    await receiver.completeMessage(message);
    await expect(receiver.completeMessage(message)).rejects.toThrow(/already settled|invalid operation/i);
  });

  test("works for many at once and in any order", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(100));
    const receiver = bus.client.createReceiver(queue);
    const messages = await take(receiver, 100);
    await Promise.all(messages.toReversed().map((message) => receiver.completeMessage(message)));
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test("still works after the link it came over was closed", async () => {
    const { queue, receiver } = await queueWithOne();
    const message = await one(receiver);
    await receiver.close();
    const another = bus.client.createReceiver(queue);
    await another.completeMessage(message);
    expect(await another.peekMessages(1)).toEqual([]);
  });
});

describe.concurrent("abandoning a message", () => {
  test("hands it over again at once, with its delivery counted", async () => {
    const { receiver } = await queueWithOne();
    await receiver.abandonMessage(await one(receiver));
    const again = await one(receiver);
    expect(again).toMatchObject({ deliveryCount: 1, body: "settle me" });
    await receiver.abandonMessage(again);
    expect((await one(receiver)).deliveryCount).toBe(2);
  });

  test("changes and adds application properties", async () => {
    const { receiver } = await queueWithOne();
    await receiver.abandonMessage(await one(receiver), { changed: "after", added: 7, flag: true });
    expect((await one(receiver)).applicationProperties).toEqual({
      kept: "as sent",
      changed: "after",
      added: 7,
      flag: true,
    });
  });

  test("keeps its sequence number and its time", async () => {
    const { receiver } = await queueWithOne();
    const first = await one(receiver);
    await receiver.abandonMessage(first);
    const again = await one(receiver);
    expect(again.sequenceNumber?.toString()).toBe(first.sequenceNumber?.toString());
    expect(again.enqueuedTimeUtc).toEqual(first.enqueuedTimeUtc);
    expect(again.lockToken).not.toBe(first.lockToken);
  });

  test("puts it back in front of later messages", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(3));
    const receiver = bus.client.createReceiver(queue);
    await receiver.abandonMessage(await one(receiver));
    expect(bodies(await take(receiver, 3))).toEqual([0, 1, 2]);
  });

  test("works after the link it came over was closed", async () => {
    const { queue, receiver } = await queueWithOne();
    const message = await one(receiver);
    await receiver.close();
    const another = bus.client.createReceiver(queue);
    await another.abandonMessage(message, { changed: "later" });
    expect(await one(another)).toMatchObject({
      deliveryCount: 1,
      applicationProperties: { changed: "later" },
    });
  });
});

describe.concurrent("deferring a message", () => {
  test("puts it aside until it is asked for by its number", async () => {
    const { receiver } = await queueWithOne();
    const message = await one(receiver);
    await receiver.deferMessage(message, { changed: "deferred" });
    expect(await whatever(receiver)).toEqual([]);
    const [peeked] = await receiver.peekMessages(1);
    expect(peeked).toMatchObject({ state: "deferred" });
    const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber!);
    expect(deferred).toMatchObject({ body: "settle me", applicationProperties: { changed: "deferred" } });
    await receiver.completeMessage(deferred!);
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test("lets several be asked for at once", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(3));
    const receiver = bus.client.createReceiver(queue);
    const messages = await take(receiver, 3);
    for (const message of messages) await receiver.deferMessage(message);
    const numbers = messages.map((message) => message.sequenceNumber!);
    const deferred = await receiver.receiveDeferredMessages(numbers);
    expect(sortedNumbers(deferred)).toEqual([0, 1, 2]);
  });

  test("keeps it deferred when it is abandoned after it was asked for", async () => {
    const { receiver } = await queueWithOne();
    const message = await one(receiver);
    await receiver.deferMessage(message);
    const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber!);
    await receiver.abandonMessage(deferred!);
    expect(await whatever(receiver)).toEqual([]);
    expect(await receiver.receiveDeferredMessages(message.sequenceNumber!)).toHaveLength(1);
  });

  test("does not let a message that is deferred and locked be asked for again", async () => {
    const { receiver } = await queueWithOne();
    const message = await one(receiver);
    await receiver.deferMessage(message);
    await receiver.receiveDeferredMessages(message.sequenceNumber!);
    await expect(receiver.receiveDeferredMessages(message.sequenceNumber!)).rejects.toBeInstanceOf(Error);
  });

  test("gives nothing under a number that is not deferred", async () => {
    const { receiver } = await queueWithOne();
    const { sequenceNumber } = await one(receiver);
    await expect(receiver.receiveDeferredMessages(sequenceNumber!.add(1_000))).rejects.toMatchObject({
      code: "MessageNotFound",
    });
  });

  test("lets it be deleted on receipt and be dead-lettered", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(2));
    const receiver = bus.client.createReceiver(queue);
    const [first, second] = await take(receiver, 2);
    await receiver.deferMessage(first!);
    await receiver.deferMessage(second!);
    const deleting = bus.client.createReceiver(queue, { receiveMode: "receiveAndDelete" });
    expect(await deleting.receiveDeferredMessages(first!.sequenceNumber!)).toMatchObject([{ body: 0 }]);
    const [deferred] = await receiver.receiveDeferredMessages(second!.sequenceNumber!);
    await receiver.deadLetterMessage(deferred!, { deadLetterReason: "late", deadLetterErrorDescription: "" });
    expect(await receiver.peekMessages(10)).toEqual([]);
    const dead = await one(bus.client.createReceiver(queue, { subQueueType: "deadLetter" }));
    expect(dead).toMatchObject({ body: 1, deadLetterReason: "late" });
  });
});

describe("completing a message too late", () => {
  test("is refused as lost when the lock has expired", async () => {
    const { receiver } = await queueWithOne(timed);
    const message = await one(receiver);
    await timed.pass(LOCK_MS + 100);
    await expect(receiver.completeMessage(message)).rejects.toMatchObject({ code: "MessageLockLost" });
  });

  test("is refused as lost when the lock has expired and another receiver holds the message", async () => {
    const { queue, receiver } = await queueWithOne(timed);
    const late = await one(receiver);
    await timed.pass(LOCK_MS + 100);
    const other = timed.client.createReceiver(queue);
    const again = await one(other);
    expect(again.deliveryCount).toBe(1);
    await expect(receiver.completeMessage(late)).rejects.toMatchObject({ code: "MessageLockLost" });
    await other.completeMessage(again);
    expect(await other.peekMessages(1)).toEqual([]);
  });

  test("is refused for each message that is lost, and for no other that is completed with it", async () => {
    const queue = await timed.queue({ lockDurationMs: LOCK_MS });
    await timed.client.createSender(queue).sendMessages(numbered(30));
    const receiver = timed.client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    const messages = await take(receiver, 30);
    const kept = (index: number): boolean => index % 3 === 0;
    await timed.pass(LOCK_MS / 2);
    for (const message of messages.filter((_, index) => kept(index)))
      await receiver.renewMessageLock(message);
    await timed.pass(LOCK_MS / 2);
    const outcomes = await Promise.allSettled(messages.map((message) => receiver.completeMessage(message)));
    expect(outcomes.map(({ status }) => status)).toEqual(
      outcomes.map((_, index) => (kept(index) ? "fulfilled" : "rejected")),
    );
    expect(await receiver.peekMessages(50)).toHaveLength(20);
  });
});
