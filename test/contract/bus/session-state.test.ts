import { afterAll, describe, expect, test } from "vitest";
import { openBus, openTimedBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { linkOf, managementOf } from "../../support/management.ts";
import { one } from "../../support/messages.ts";

const bus = await openBus();
const timed = await openTimedBus();
afterAll(() => Promise.all([bus.close(), timed.close()]));

const LOCK_MS = 5_000;

const sessions = { requiresSession: true };
const noRenewal = { maxAutoLockRenewalDurationInMs: 0 };
const lost = { code: "SessionLockLost" };

async function acceptedSession() {
  const queue = await bus.queue(sessions);
  return { queue, session: await bus.client.acceptSession(queue, "s", noRenewal) };
}

describe.concurrent("the state of a session", () => {
  test("is null until it is set", async () => {
    const { session } = await acceptedSession();
    expect(await session.getSessionState()).toBeNull();
  });

  const values: [string, unknown][] = [
    ["an object", { step: 3, done: [1, 2] }],
    ["text", "some text"],
    ["a number", 42],
    ["false", false],
    ["null", null],
    ["nested nulls", { a: null }],
    ["bytes", Buffer.from([0, 255, 1, 254])],
  ];
  test.each(values)("comes back as it was set: %s", async (_, state) => {
    const { session } = await acceptedSession();
    await session.setSessionState(state);
    expect(await session.getSessionState()).toEqual(state);
  });

  test("is replaced by what is set next", async () => {
    const { session } = await acceptedSession();
    for (const state of [1, { two: 2 }, "three", null, 5]) await session.setSessionState(state);
    expect(await session.getSessionState()).toBe(5);
  });

  test("survives its holder, on another connection too", async () => {
    const { queue, session } = await acceptedSession();
    await session.setSessionState({ kept: true });
    await session.close();
    const next = await bus.newClient().acceptSession(queue, "s");
    expect(await next.getSessionState()).toEqual({ kept: true });
  });

  test("survives when the session has no more messages", async () => {
    const { queue, session } = await acceptedSession();
    await bus.client.createSender(queue).sendMessages({ body: 1, sessionId: "s" });
    await session.setSessionState("after the last message");
    await session.completeMessage(await one(session));
    await session.close();
    const next = await bus.client.acceptSession(queue, "s");
    expect(await next.getSessionState()).toBe("after the last message");
  });

  test("is each session's own", async () => {
    const { queue, session } = await acceptedSession();
    const other = await bus.client.acceptSession(queue, "other");
    await session.setSessionState("mine");
    await other.setSessionState("yours");
    expect([await session.getSessionState(), await other.getSessionState()]).toEqual(["mine", "yours"]);
  });

  test("may be as large as a message, and no larger", async () => {
    const { session } = await acceptedSession();
    const large = Buffer.alloc(200_000, 1);
    await session.setSessionState(large);
    await expect(session.setSessionState(Buffer.alloc(300_000))).rejects.toBeInstanceOf(Error);
    expect(await session.getSessionState()).toEqual(large);
  });
});

describe.concurrent("the state of a session cannot be touched", () => {
  test("by a link that does not exist", async () => {
    const { queue, session } = await acceptedSession();
    await session.setSessionState("safe");
    const management = managementOf(bus.client, queue);
    const forged = { associatedLinkName: "no such link" };
    await expect(management.setSessionState("s", "forged", forged)).rejects.toMatchObject(lost);
    await expect(management.getSessionState("s", forged)).rejects.toMatchObject(lost);
    expect(await session.getSessionState()).toBe("safe");
  });

  test("without naming a link, even though somebody holds the session", async () => {
    const { queue, session } = await acceptedSession();
    await session.setSessionState("safe");
    await expect(managementOf(bus.client, queue).setSessionState("s", "anonymous")).rejects.toMatchObject(
      lost,
    );
    expect(await session.getSessionState()).toBe("safe");
  });

  test("by a link that holds another session, on the same connection", async () => {
    const { queue, session } = await acceptedSession();
    const other = await bus.client.acceptSession(queue, "other");
    await session.setSessionState("safe");
    const management = managementOf(bus.client, queue);
    const wrong = { associatedLinkName: linkOf(other) };
    await expect(management.setSessionState("s", "wrong", wrong)).rejects.toMatchObject(lost);
    await expect(management.getSessionState("s", wrong)).rejects.toMatchObject(lost);
    await expect(management.renewSessionLock("s", wrong)).rejects.toMatchObject(lost);
    expect(await session.getSessionState()).toBe("safe");
  });

  test("from another connection that names the holder's link", async () => {
    const { queue, session } = await acceptedSession();
    await session.setSessionState("safe");
    const management = managementOf(bus.newClient(), queue);
    const stolen = { associatedLinkName: linkOf(session) };
    await expect(management.setSessionState("s", "stolen", stolen)).rejects.toMatchObject(lost);
    await expect(management.getSessionState("s", stolen)).rejects.toMatchObject(lost);
    await expect(management.renewSessionLock("s", stolen)).rejects.toMatchObject(lost);
    expect(await session.getSessionState()).toBe("safe");
  });

  test("after the holder has closed, whether or not there is a new one", async () => {
    const { queue, session } = await acceptedSession();
    await session.setSessionState("first");
    const former = { associatedLinkName: linkOf(session) };
    await session.close();
    const management = managementOf(bus.client, queue);
    await expect(management.setSessionState("s", "late", former)).rejects.toMatchObject(lost);
    await expect(management.getSessionState("s", former)).rejects.toMatchObject(lost);
    const next = await bus.newClient().acceptSession(queue, "s");
    expect(await next.getSessionState()).toBe("first");
    await expect(management.setSessionState("s", "later", former)).rejects.toMatchObject(lost);
    expect(await next.getSessionState()).toBe("first");
  });
});

describe("the state of a session cannot be touched too late,", () => {
  test("after the lock has expired and nobody has taken it", async () => {
    const queue = await timed.queue({ ...sessions, lockDurationMs: LOCK_MS });
    const session = await timed.client.acceptSession(queue, "s", noRenewal);
    await session.setSessionState("in time");
    const former = { associatedLinkName: linkOf(session) };
    await timed.pass(LOCK_MS);
    await eventually(() => session.isClosed);
    const management = managementOf(timed.client, queue);
    await expect(management.setSessionState("s", "late", former)).rejects.toMatchObject(lost);
    await expect(management.renewSessionLock("s", former)).rejects.toMatchObject(lost);
    const next = await timed.client.acceptSession(queue, "s", noRenewal);
    expect(await next.getSessionState()).toBe("in time");
  });

  test("after the lock has expired and another holds it, on the same and on another connection", async () => {
    for (const client of [timed.client, timed.newClient()]) {
      const queue = await timed.queue({ ...sessions, lockDurationMs: LOCK_MS });
      const session = await timed.client.acceptSession(queue, "s", noRenewal);
      const former = { associatedLinkName: linkOf(session) };
      await timed.pass(LOCK_MS);
      const next = await client.acceptSession(queue, "s", noRenewal);
      await next.setSessionState("of the new holder");
      await expect(session.setSessionState("late")).rejects.toMatchObject(lost);
      await expect(
        managementOf(timed.client, queue).setSessionState("s", "late", former),
      ).rejects.toMatchObject(lost);
      await expect(managementOf(timed.client, queue).getSessionState("s", former)).rejects.toMatchObject(
        lost,
      );
      expect(await next.getSessionState()).toBe("of the new holder");
    }
  });
});
