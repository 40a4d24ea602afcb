import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { managementOf } from "../../support/management.ts";
import { bodies, numbered, one, take } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

const sessions = { requiresSession: true };
const impatient = { retryOptions: { maxRetries: 0, timeoutInMs: 1_500 } };
/** Asks for the sessions that have messages, whenever they changed: the end of the calendar. */
const anyTime = new Date(Date.UTC(9999, 11, 31, 23, 59, 59));
const noRenewal = { maxAutoLockRenewalDurationInMs: 0 };

describe.concurrent("accepting a session by its id", () => {
  test("gives the messages of that session only", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.createSender(queue).sendMessages([
      { body: "a1", sessionId: "a" },
      { body: "b1", sessionId: "b" },
      { body: "a2", sessionId: "a" },
    ]);
    const session = await bus.client.acceptSession(queue, "a");
    const received = await take(session, 2);
    expect(session.sessionId).toBe("a");
    expect(bodies(received)).toEqual(["a1", "a2"]);
    expect(received.map((message) => message.sessionId)).toEqual(["a", "a"]);
    expect(await session.receiveMessages(1, { maxWaitTimeInMs: 250 })).toEqual([]);
  });

  test("works for one that never had a message, which may come later", async () => {
    const queue = await bus.queue(sessions);
    const session = await bus.client.acceptSession(queue, "new");
    const waiting = one(session);
    await bus.client.createSender(queue).sendMessages({ body: "first", sessionId: "new" });
    expect((await waiting).body).toBe("first");
  });

  test("says until when it is locked", async () => {
    const queue = await bus.queue({ ...sessions, lockDurationMs: 30_000 });
    const session = await bus.client.acceptSession(queue, "s");
    expect(session.sessionLockedUntilUtc.getTime() - Date.now()).toBeGreaterThan(25_000);
    expect(session.sessionLockedUntilUtc.getTime() - Date.now()).toBeLessThanOrEqual(31_000);
  });

  test("is refused while another holds it, on the same and on another connection", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.acceptSession(queue, "held");
    for (const client of [bus.client, bus.newClient(impatient)]) {
      await expect(client.acceptSession(queue, "held")).rejects.toMatchObject({
        code: "SessionCannotBeLocked",
      });
    }
    expect((await bus.client.acceptSession(queue, "free")).sessionId).toBe("free");
  });

  test("works again as soon as the holder has closed", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.createSender(queue).sendMessages({ body: "passed on", sessionId: "s" });
    const first = await bus.client.acceptSession(queue, "s", noRenewal);
    await one(first);
    await first.close();
    const second = await bus.newClient().acceptSession(queue, "s");
    expect(await one(second)).toMatchObject({ body: "passed on" });
  });

  test("works for ids with any characters, up to 128 of them", async () => {
    const queue = await bus.queue(sessions);
    for (const id of ["with space/slash?#", "世界", "x".repeat(128), "$default"]) {
      await bus.client.createSender(queue).sendMessages({ body: id, sessionId: id });
      const session = await bus.client.acceptSession(queue, id);
      expect((await one(session)).body).toBe(id);
    }
  });

  test("tells sessions apart by the case of their ids", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.createSender(queue).sendMessages({ body: "upper", sessionId: "A" });
    const lower = await bus.client.acceptSession(queue, "a");
    expect(await lower.receiveMessages(1, { maxWaitTimeInMs: 250 })).toEqual([]);
    expect((await one(await bus.client.acceptSession(queue, "A"))).body).toBe("upper");
  });

  test("lets one of many who ask at once have it", async () => {
    const queue = await bus.queue(sessions);
    const asked = Array.from({ length: 8 }, () => bus.client.acceptSession(queue, "one"));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
  });

  test("works on a subscription", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic, sessions);
    await bus.client.createSender(topic).sendMessages({ body: "told", sessionId: "s" });
    const session = await bus.client.acceptSession(topic, subscription, "s");
    await session.completeMessage(await one(session));
    expect(await session.peekMessages(1)).toEqual([]);
  });

  test("gives messages that are deleted on receipt, if asked", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.createSender(queue).sendMessages(numbered(3, { sessionId: "s" }));
    const session = await bus.client.acceptSession(queue, "s", { receiveMode: "receiveAndDelete" });
    expect(bodies(await take(session, 3))).toEqual([0, 1, 2]);
    expect(await session.peekMessages(1)).toEqual([]);
  });
});

describe.concurrent("accepting the next session", () => {
  test("gives one that has messages", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.createSender(queue).sendMessages({ body: "waits", sessionId: "ready" });
    const session = await bus.client.acceptNextSession(queue);
    expect(session.sessionId).toBe("ready");
    expect((await one(session)).body).toBe("waits");
  });

  test("waits for a message that comes later", async () => {
    const queue = await bus.queue(sessions);
    const accepting = bus.client.acceptNextSession(queue);
    await bus.client.createSender(queue).sendMessages({ body: "late", sessionId: "late" });
    expect((await accepting).sessionId).toBe("late");
  });

  test("times out when no session has a message", async () => {
    const queue = await bus.queue(sessions);
    const began = Date.now();
    await expect(bus.newClient(impatient).acceptNextSession(queue)).rejects.toMatchObject({
      code: "ServiceTimeout",
    });
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_400);
  });

  test("passes over sessions that others hold", async () => {
    const queue = await bus.queue(sessions);
    const ids = ["a", "b", "c"];
    await bus.client
      .createSender(queue)
      .sendMessages(ids.map((sessionId) => ({ body: sessionId, sessionId })));
    const accepted = [];
    for (const _ of ids) accepted.push(await bus.client.acceptNextSession(queue));
    expect(accepted.map((session) => session.sessionId).sort()).toEqual(ids);
    await expect(bus.newClient(impatient).acceptNextSession(queue)).rejects.toMatchObject({
      code: "ServiceTimeout",
    });
  });

  test("passes over a session that is empty, though it has a state", async () => {
    const queue = await bus.queue(sessions);
    const session = await bus.client.acceptSession(queue, "only state");
    await session.setSessionState({ some: "state" });
    await session.close();
    await expect(bus.newClient(impatient).acceptNextSession(queue)).rejects.toMatchObject({
      code: "ServiceTimeout",
    });
  });

  test("gives a session that its holder let go with messages left", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.createSender(queue).sendMessages({ body: "left", sessionId: "s" });
    const first = await bus.client.acceptNextSession(queue);
    const accepting = bus.client.acceptNextSession(queue);
    await first.close();
    expect((await accepting).sessionId).toBe("s");
  });

  test("leaves no lock behind when the asker has given up", async () => {
    const queue = await bus.queue(sessions);
    await expect(bus.newClient(impatient).acceptNextSession(queue)).rejects.toBeInstanceOf(Error);
    const gone = bus.newClient();
    gone.acceptNextSession(queue).catch(() => {});
    // The answer to the peek shows that the broker has seen what was asked before it.
    await gone.createReceiver(queue).peekMessages(1);
    await gone.close();
    await bus.client.createSender(queue).sendMessages({ body: "still free", sessionId: "s" });
    expect((await one(await bus.client.acceptNextSession(queue))).body).toBe("still free");
  });
});

describe.concurrent("a queue with sessions", () => {
  test("refuses a message without a session id, with the reason", async () => {
    const queue = await bus.queue(sessions);
    await expect(bus.client.createSender(queue).sendMessages({ body: 1 })).rejects.toThrow(
      /SessionId was not set/,
    );
  });

  test("refuses a receiver without a session, with the reason", async () => {
    const queue = await bus.queue(sessions);
    await expect(bus.client.createReceiver(queue).receiveMessages(1)).rejects.toThrow(
      /requires sessions to create a non-sessionful message receiver/,
    );
  });

  test("lists the sessions that have messages or a state, page by page", async () => {
    const queue = await bus.queue(sessions);
    const ids = ["a", "b", "c", "d"];
    await bus.client.createSender(queue).sendMessages(ids.map((sessionId) => ({ body: 1, sessionId })));
    const withState = await bus.client.acceptSession(queue, "only state");
    await withState.setSessionState("state");
    await bus.client.acceptSession(queue, "nothing");
    const management = managementOf(bus.client, queue);
    const listed = [...ids, "only state"];
    expect((await management.listMessageSessions(0, 100, anyTime)).toSorted()).toEqual(listed);
    const pages = [];
    for (const skip of [0, 3]) pages.push(...(await management.listMessageSessions(skip, 3, anyTime)));
    expect(pages.toSorted()).toEqual(listed);
    expect(await management.listMessageSessions(10, 10, anyTime)).toEqual([]);
  });

  test("lists the sessions whose state was set since a time", async () => {
    const queue = await bus.queue(sessions);
    await bus.client.createSender(queue).sendMessages({ body: 1, sessionId: "with a message" });
    const session = await bus.client.acceptSession(queue, "with a state");
    await session.setSessionState("state");
    const management = managementOf(bus.client, queue);
    const [before, after] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
    expect(await management.listMessageSessions(0, 10, before)).toEqual(["with a state"]);
    expect(await management.listMessageSessions(0, 10, after)).toEqual([]);
  });
});

describe.concurrent("a queue without sessions", () => {
  test("refuses to give a session", async () => {
    const queue = await bus.queue();
    const client = bus.newClient(impatient);
    await expect(client.acceptSession(queue, "s")).rejects.toMatchObject({ code: "SessionCannotBeLocked" });
    await expect(client.acceptNextSession(queue)).rejects.toThrow(/session/i);
  });

  test("takes a message with a session id as any other", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: 1, sessionId: "no matter" });
    expect(await one(bus.client.createReceiver(queue))).toMatchObject({ sessionId: "no matter" });
  });
});

test("two hundred sessions are held at once, each gives its messages in order, and nothing is lost", async () => {
  const [queue, perSession, total] = [await bus.queue(sessions), 3, 200];
  const ids = Array.from({ length: total }, (_, index) => `session-${index}`);
  const sender = bus.client.createSender(queue);
  for (let body = 0; body < perSession; body++) {
    await sender.sendMessages(ids.map((sessionId) => ({ body, sessionId })));
  }
  const clients = Array.from({ length: 4 }, () => bus.newClient());
  const accepting = ids.map((_, index) => clients[index % 4]!.acceptNextSession(queue, noRenewal));
  const accepted = await Promise.all(accepting);
  expect(new Set(accepted.map(({ sessionId }) => sessionId))).toEqual(new Set(ids));
  const orders = accepted.map(async (session) => {
    const messages = await take(session, perSession);
    await Promise.all(messages.map((message) => session.completeMessage(message)));
    return bodies(messages).join();
  });
  expect(new Set(await Promise.all(orders))).toEqual(new Set(["0,1,2"]));
  expect(await bus.client.createReceiver(queue).peekMessages(1)).toEqual([]);
  await Promise.all(accepted.map((session) => session.close()));
});
