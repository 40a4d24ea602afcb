import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { deliveries, numbered, one, take, whatever } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

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

  test("expires for a receiver that has gone, too", async () => {
    const queue = await bus.queue({ lockDurationMs: bus.shortLockMs });
    await bus.client.createSender(queue).sendMessages({ body: "orphan" });
    const first = bus.client.createReceiver(queue, noRenewal);
    await one(first);
    await first.close();
    expect(await one(bus.client.createReceiver(queue, noRenewal))).toMatchObject({ deliveryCount: 1 });
  });

  test("can be renewed, and then lasts longer", async () => {
    const queue = await bus.queue({ lockDurationMs: bus.shortLockMs });
    await bus.client.createSender(queue).sendMessages({ body: 1 });
    const receiver = bus.client.createReceiver(queue, noRenewal);
    const message = await one(receiver);
    const until = message.lockedUntilUtc!.getTime();
    await eventually(() => Date.now() > until - bus.shortLockMs / 2);
    const renewed = await receiver.renewMessageLock(message);
    expect(renewed.getTime()).toBeGreaterThan(until);
    await eventually(() => Date.now() > until + 50);
    await receiver.completeMessage(message);
    expect(await receiver.peekMessages(1)).toEqual([]);
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

  test("cannot be renewed once it has expired", async () => {
    const queue = await bus.queue({ lockDurationMs: bus.shortLockMs });
    await bus.client.createSender(queue).sendMessages({ body: 1 });
    const receiver = bus.client.createReceiver(queue, noRenewal);
    const message = await one(receiver);
    await eventually(() => Date.now() > message.lockedUntilUtc!.getTime() + 100);
    await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: "MessageLockLost" });
  });

  test("cannot be renewed once the message is settled", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: 1 });
    const receiver = bus.client.createReceiver(queue, noRenewal);
    const message = await one(receiver);
    await receiver.completeMessage(message);
    await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: "MessageLockLost" });
  });

  test("expires for many at once, and order is kept", async () => {
    const queue = await bus.queue({ lockDurationMs: bus.shortLockMs });
    await bus.client.createSender(queue).sendMessages(numbered(20));
    await take(bus.client.createReceiver(queue, noRenewal), 20);
    const again = await take(bus.client.createReceiver(queue, noRenewal), 20);
    expect(deliveries(again)).toEqual(numbered(20).map(({ body }) => [body, 1]));
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

  test("ends there by lock expiry as well", async () => {
    const queue = await bus.queue({ maxDeliveryCount: 1, lockDurationMs: bus.shortLockMs });
    await bus.client.createSender(queue).sendMessages({ body: "stuck" });
    await one(bus.client.createReceiver(queue, noRenewal));
    const dead = await one(bus.client.createReceiver(queue, { subQueueType: "deadLetter" }));
    expect(dead).toMatchObject({ body: "stuck", deadLetterReason: "MaxDeliveryCountExceeded" });
  });
});
