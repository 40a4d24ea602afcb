import type { ServiceBusClient } from "@azure/service-bus";
import { afterAll, describe, expect, test } from "vitest";
import { openBus, openTimedBus } from "../../support/bus.ts";
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
    await expectRefused(bus.client, queue, "no such link");
    expect(await session.getSessionState()).toBe("safe");
  });

  test("without naming a link, even though somebody holds the session", async () => {
    const { queue, session } = await acceptedSession();
    await session.setSessionState("safe");
    await expectRefused(bus.client, queue, undefined);
    expect(await session.getSessionState()).toBe("safe");
  });

  test("by a link that holds another session, on the same connection", async () => {
    const { queue, session } = await acceptedSession();
    const other = await bus.client.acceptSession(queue, "other");
    await session.setSessionState("safe");
    await expectRefused(bus.client, queue, linkOf(other));
    expect(await session.getSessionState()).toBe("safe");
  });

  test("by a link that holds the session of that id in another queue", async () => {
    const { queue, session } = await acceptedSession();
    const { session: elsewhere } = await acceptedSession();
    await session.setSessionState("safe");
    await expectRefused(bus.client, queue, linkOf(elsewhere));
    expect(await session.getSessionState()).toBe("safe");
  });

  test("from another connection that names the holder's link", async () => {
    const { queue, session } = await acceptedSession();
    await session.setSessionState("safe");
    await expectRefused(bus.newClient(), queue, linkOf(session));
    expect(await session.getSessionState()).toBe("safe");
  });
});

type Holder = "nobody" | "a link on the same connection" | "a link on another connection";

/** Every way in which a link comes to hold a session's lock no longer, and whoever may hold it then. */
const losses: [how: "has closed" | "let the lock run out", holder: Holder][] = [
  ["has closed", "nobody"],
  ["has closed", "a link on the same connection"],
  ["has closed", "a link on another connection"],
  ["let the lock run out", "nobody"],
  ["let the lock run out", "a link on the same connection"],
  ["let the lock run out", "a link on another connection"],
];

describe("setting or reading the state through a link that no longer holds the lock is refused", () => {
  test.each(losses)("when it %s and %s holds the session", async (how, holder) => {
    const queue = await timed.queue({ ...sessions, lockDurationMs: LOCK_MS });
    const [ownClient, otherClient] = [timed.client, timed.newClient()];
    const session = await ownClient.acceptSession(queue, "s", noRenewal);
    await session.setSessionState("in time");
    const formerLink = linkOf(session);
    if (how === "has closed") await session.close();
    else await timed.pass(LOCK_MS);

    const client = holder === "a link on another connection" ? otherClient : ownClient;
    const next = holder === "nobody" ? undefined : await client.acceptSession(queue, "s", noRenewal);
    await next?.setSessionState("of the new holder");
    await expect(session.setSessionState("late")).rejects.toBeInstanceOf(Error);
    await expect(session.getSessionState()).rejects.toBeInstanceOf(Error);
    // The library knows that its link is lost and may not even ask; the broker must not rely on that.
    await expectRefused(ownClient, queue, formerLink);
    await expectRefused(otherClient, queue, formerLink);

    const last = next ?? (await otherClient.acceptSession(queue, "s", noRenewal));
    expect(await last.getSessionState()).toBe(next === undefined ? "in time" : "of the new holder");
    await last.close();
  });

  test("from the moment when the lock runs out, whether or not its holder knows", async () => {
    const queue = await timed.queue({ ...sessions, lockDurationMs: LOCK_MS });
    const session = await timed.client.acceptSession(queue, "s", noRenewal);
    await session.setSessionState("in time");
    await timed.pass(LOCK_MS - 2_000);
    await session.setSessionState("just in time");
    await timed.pass(2_000);
    await expectRefused(timed.client, queue, linkOf(session));
    const next = await timed.client.acceptSession(queue, "s", noRenewal);
    expect(await next.getSessionState()).toBe("just in time");
    await next.close();
  });
});

/** Asks for everything that only the holder of session `s` may do, in the name of a link and past the library's own checks. */
async function expectRefused(
  client: ServiceBusClient,
  queue: string,
  associatedLinkName: string | undefined,
): Promise<void> {
  const management = managementOf(client, queue);
  const as = associatedLinkName === undefined ? {} : { associatedLinkName };
  await expect(management.setSessionState("s", "not the holder's", as)).rejects.toMatchObject(lost);
  await expect(management.getSessionState("s", as)).rejects.toMatchObject(lost);
  await expect(management.renewSessionLock("s", as)).rejects.toMatchObject(lost);
}
