import { afterAll, describe, expect, test } from "vitest";
import { openBus, openTimedBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { bodies, deliveries, numbered, one, take } from "../../support/messages.ts";

const bus = await openBus();
const timed = await openTimedBus();
afterAll(() => Promise.all([bus.close(), timed.close()]));

const LOCK_MS = 5_000;

const sessions = { requiresSession: true };
const noRenewal = { maxAutoLockRenewalDurationInMs: 0 };
const lost = { code: "SessionLockLost" };

/** A queue whose session `s` holds so many messages, and the session, accepted. */
async function timedSession(count: number) {
  const queue = await timed.queue({ ...sessions, lockDurationMs: LOCK_MS });
  if (count > 0) await timed.client.createSender(queue).sendMessages(numbered(count, { sessionId: "s" }));
  return { queue, session: await timed.client.acceptSession(queue, "s", noRenewal) };
}

describe("the lock of a session", () => {
  test("can be renewed, and then lasts longer", async () => {
    const { session } = await timedSession(1);
    const until = session.sessionLockedUntilUtc.getTime();
    await timed.pass(LOCK_MS / 2);
    const renewed = await session.renewSessionLock();
    expect(renewed.getTime()).toBeGreaterThan(until);
    expect(session.sessionLockedUntilUtc).toEqual(renewed);
    await timed.pass(LOCK_MS - 1_000);
    await session.completeMessage(await one(session));
    expect(await session.peekMessages(1)).toEqual([]);
  });

  test("closes the receiver when it expires, and everything it tries is refused as lost", async () => {
    const { session } = await timedSession(1);
    const message = await one(session);
    await timed.pass(LOCK_MS);
    await eventually(() => session.isClosed);
    await expect(session.receiveMessages(1)).rejects.toMatchObject(lost);
    await expect(session.completeMessage(message)).rejects.toMatchObject(lost);
    await expect(session.getSessionState()).rejects.toMatchObject(lost);
    await expect(session.setSessionState("late")).rejects.toMatchObject(lost);
    await expect(session.renewSessionLock()).rejects.toMatchObject(lost);
  });

  test("interrupts a receive that waits when it expires", async () => {
    const { session } = await timedSession(0);
    const waiting = session.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
    await Promise.all([expect(waiting).rejects.toMatchObject(lost), timed.pass(LOCK_MS)]);
  });

  test("is told to a subscriber when it expires", async () => {
    const { session } = await timedSession(1);
    const errors: unknown[] = [];
    session.subscribe(
      { processMessage: async () => {}, processError: async ({ error }) => void errors.push(error) },
      { autoCompleteMessages: false },
    );
    await timed.pass(LOCK_MS);
    await eventually(() => expect(errors).toMatchObject([lost]));
  });

  test("lets the next holder have the messages when it expires, each delivery counted", async () => {
    const { queue, session } = await timedSession(2);
    await take(session, 1);
    await timed.pass(LOCK_MS);
    await eventually(() => session.isClosed);
    const next = await timed.client.acceptSession(queue, "s", noRenewal);
    const again = await take(next, 2);
    expect(deliveries(again)).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  test("is let go by closing, which counts no delivery", async () => {
    const { queue, session } = await timedSession(1);
    await one(session);
    await session.close();
    const next = await timed.client.acceptSession(queue, "s", noRenewal);
    expect(await one(next)).toMatchObject({ body: 0, deliveryCount: 0 });
  });

  test("holds every message of the session, so none needs a lock of its own", async () => {
    const { session } = await timedSession(1);
    const message = await one(session);
    await timed.pass(LOCK_MS / 2);
    await session.renewSessionLock();
    await timed.pass(LOCK_MS - 1_000);
    await session.completeMessage(message);
    expect(await session.peekMessages(1)).toEqual([]);
  });

  test("gives the messages back in order when it expires", async () => {
    const { queue, session } = await timedSession(5);
    await take(session, 3);
    await timed.pass(LOCK_MS);
    await eventually(() => session.isClosed);
    const next = await timed.client.acceptSession(queue, "s", noRenewal);
    expect(bodies(await take(next, 5))).toEqual([0, 1, 2, 3, 4]);
  });
});

describe.concurrent("the lock of a session that is kept", () => {
  test("is renewed by the library itself", async () => {
    const queue = await bus.queue({ ...sessions, lockDurationMs: 5_000 });
    const session = await bus.client.acceptSession(queue, "s", { maxAutoLockRenewalDurationInMs: 30_000 });
    const until = session.sessionLockedUntilUtc.getTime();
    await eventually(() => session.sessionLockedUntilUtc.getTime() > until, { withinMs: 6_000 });
    expect(session.isClosed).toBe(false);
    await session.close();
  });
});

describe.concurrent("the order of a session", () => {
  test("is kept when messages of other sessions come between", async () => {
    const queue = await bus.queue(sessions);
    const sender = bus.client.createSender(queue);
    for (let body = 0; body < 10; body++) {
      await sender.sendMessages(["a", "b", "c"].map((sessionId) => ({ body, sessionId })));
    }
    for (const id of ["c", "a", "b"]) {
      const session = await bus.client.acceptSession(queue, id);
      expect(bodies(await take(session, 10))).toEqual([...Array(10).keys()]);
    }
  });

  test("is kept when a message is abandoned", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.createSender(queue).sendMessages(numbered(4, { sessionId: "s" }));
    const session = await bus.client.acceptSession(queue, "s");
    const [first] = await take(session, 1);
    await session.abandonMessage(first!);
    const again = await take(session, 4);
    expect(deliveries(again)).toEqual([
      [0, 1],
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
  });

  test("is kept when several are abandoned, in whatever order", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.createSender(queue).sendMessages(numbered(5, { sessionId: "s" }));
    const session = await bus.client.acceptSession(queue, "s");
    for (const message of (await take(session, 3)).toReversed()) await session.abandonMessage(message);
    expect(bodies(await take(session, 5))).toEqual([0, 1, 2, 3, 4]);
  });

  test("is kept when one message at a time is taken by one holder after the other", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.createSender(queue).sendMessages(numbered(6, { sessionId: "s" }));
    const seen: unknown[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const session = await bus.client.acceptNextSession(queue);
      const message = await one(session);
      seen.push(message.body);
      await session.completeMessage(message);
      await session.close();
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("is kept for what is deferred: it is asked for in the session that holds it", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.createSender(queue).sendMessages(numbered(2, { sessionId: "s" }));
    const session = await bus.client.acceptSession(queue, "s");
    const [first, second] = await take(session, 2);
    await session.deferMessage(first!);
    await session.completeMessage(second!);
    await session.close();
    const next = await bus.client.acceptSession(queue, "s");
    const [deferred] = await next.receiveDeferredMessages(first!.sequenceNumber!);
    expect(deferred).toMatchObject({ body: 0, sessionId: "s" });
    await next.completeMessage(deferred!);
    expect(await next.peekMessages(1)).toEqual([]);
  });

  test("goes on after a message is dead-lettered for too many deliveries", async () => {
    const queue = await bus.queue({ ...sessions, maxDeliveryCount: 2 });
    await bus.client.createSender(queue).sendMessages(numbered(2, { sessionId: "s" }));
    const session = await bus.client.acceptSession(queue, "s");
    for (let attempt = 0; attempt < 2; attempt++) await session.abandonMessage(await one(session));
    expect((await one(session)).body).toBe(1);
    const dead = await one(bus.client.createReceiver(queue, { subQueueType: "deadLetter" }));
    expect(dead).toMatchObject({ body: 0, sessionId: "s", deadLetterReason: "MaxDeliveryCountExceeded" });
  });
});
