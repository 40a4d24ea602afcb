import { afterAll, describe, expect, test } from "vitest";
import { openBus, openTimedBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { deliveries, numbered, one, take, whatever } from "../../support/messages.ts";

const bus = await openBus();
const timed = await openTimedBus();
afterAll(() => Promise.all([bus.close(), timed.close()]));

const LOCK_MS = 5_000;

const noRenewal = { maxAutoLockRenewalDurationInMs: 0 };

describe.concurrent("the lock of a message", () => {
  test("lasts as long as the queue says", async () => {
    const queue = await bus.queue({ lockDurationMs: 45_000 });
    await bus.client.createSender(queue).sendMessages({ body: 1 });
    const { lockedUntilUtc } = await one(bus.client.createReceiver(queue, noRenewal));
    expect(lockedUntilUtc!.getTime() - Date.now()).toBeGreaterThan(40_000);
    expect(lockedUntilUtc!.getTime() - Date.now()).toBeLessThanOrEqual(46_000);
  });

  test("expires: the message is handed over again, with its delivery counted", async () => {
    const queue = await bus.queue({ lockDurationMs: bus.shortLockMs });
    await bus.client.createSender(queue).sendMessages({ body: "again" });
    const receiver = bus.client.createReceiver(queue, noRenewal);
    const first = await one(receiver);
    const second = await one(receiver);
    expect(second).toMatchObject({ body: "again", deliveryCount: 1 });
    expect(second.lockToken).not.toBe(first.lockToken);
    expect(Date.now()).toBeGreaterThanOrEqual(first.lockedUntilUtc!.getTime() - 50);
  });

  test("is renewed by the library itself while a handler works", async () => {
    const queue = await bus.queue({ lockDurationMs: 5_000 });
    await bus.client.createSender(queue).sendMessages({ body: 1 });
    const receiver = bus.client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 30_000 });
    const message = await one(receiver);
    const until = message.lockedUntilUtc!.getTime();
    await eventually(() => message.lockedUntilUtc!.getTime() > until, { withinMs: 6_000 });
    await receiver.completeMessage(message);
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test("cannot be renewed once the message is settled", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: 1 });
    const receiver = bus.client.createReceiver(queue, noRenewal);
    const message = await one(receiver);
    await receiver.completeMessage(message);
    await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: "MessageLockLost" });
  });
});

describe.concurrent("a message that is never completed", () => {
  test("ends in the dead-letter queue after so many deliveries, with the reason", async () => {
    const queue = await bus.queue({ maxDeliveryCount: 3 });
    await bus.client.createSender(queue).sendMessages({ body: "poison", applicationProperties: { mine: 1 } });
    const receiver = bus.client.createReceiver(queue);
    for (const delivery of [0, 1, 2]) {
      const message = await one(receiver);
      expect(message.deliveryCount).toBe(delivery);
      await receiver.abandonMessage(message);
    }
    const dead = await one(bus.client.createReceiver(queue, { subQueueType: "deadLetter" }));
    expect(dead).toMatchObject({ body: "poison", deadLetterReason: "MaxDeliveryCountExceeded" });
    expect(dead.deadLetterErrorDescription).toMatch(/3 delivery attempts/);
    expect(dead.applicationProperties).toMatchObject({ mine: 1 });
    expect(await whatever(receiver)).toEqual([]);
  });
});

describe("the lock of a message, as time goes by,", () => {
  test("expires for a receiver that has gone, too", async () => {
    const queue = await timed.queue({ lockDurationMs: LOCK_MS });
    await timed.client.createSender(queue).sendMessages({ body: "orphan" });
    const first = timed.client.createReceiver(queue, noRenewal);
    await one(first);
    await first.close();
    await timed.pass(LOCK_MS);
    expect(await one(timed.client.createReceiver(queue, noRenewal))).toMatchObject({ deliveryCount: 1 });
  });

  test("can be renewed, and then lasts longer", async () => {
    const queue = await timed.queue({ lockDurationMs: LOCK_MS });
    await timed.client.createSender(queue).sendMessages({ body: 1 });
    const receiver = timed.client.createReceiver(queue, noRenewal);
    const message = await one(receiver);
    const until = message.lockedUntilUtc!.getTime();
    await timed.pass(LOCK_MS / 2);
    const renewed = await receiver.renewMessageLock(message);
    expect(renewed.getTime()).toBeGreaterThan(until);
    await timed.pass(LOCK_MS - 1_000);
    await receiver.completeMessage(message);
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test("cannot be renewed once it has expired", async () => {
    const queue = await timed.queue({ lockDurationMs: LOCK_MS });
    await timed.client.createSender(queue).sendMessages({ body: 1 });
    const receiver = timed.client.createReceiver(queue, noRenewal);
    const message = await one(receiver);
    await timed.pass(LOCK_MS + 100);
    await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: "MessageLockLost" });
  });

  test("expires for many at once, and order is kept", async () => {
    const queue = await timed.queue({ lockDurationMs: LOCK_MS });
    await timed.client.createSender(queue).sendMessages(numbered(20));
    await take(timed.client.createReceiver(queue, noRenewal), 20);
    await timed.pass(LOCK_MS);
    const again = await take(timed.client.createReceiver(queue, noRenewal), 20);
    expect(deliveries(again)).toEqual(numbered(20).map(({ body }) => [body, 1]));
  });

  test("counts for the number of deliveries when it expires", async () => {
    const queue = await timed.queue({ maxDeliveryCount: 1, lockDurationMs: LOCK_MS });
    await timed.client.createSender(queue).sendMessages({ body: "stuck" });
    await one(timed.client.createReceiver(queue, noRenewal));
    await timed.pass(LOCK_MS);
    const dead = await one(timed.client.createReceiver(queue, { subQueueType: "deadLetter" }));
    expect(dead).toMatchObject({ body: "stuck", deadLetterReason: "MaxDeliveryCountExceeded" });
  });
});
