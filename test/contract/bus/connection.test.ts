import type { TestContext } from "vitest";
import { afterAll, describe, expect, test } from "vitest";
import type { Broker } from "../../../local/servicebus/broker.ts";
import { openBus, openTimedBus } from "../../support/bus.ts";
import type { Bus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { bodies, numbered, one, take } from "../../support/messages.ts";

const shared = await openBus();
afterAll(() => shared.close());

/** A broker of the test's own, whose connections it breaks and whose time it moves: that must disturb no other test. */
async function ownBroker({ skip }: TestContext): Promise<{ bus: Bus; broker: Broker }> {
  skip(
    shared.embedded === undefined,
    "embedded broker only: the test breaks connections from the broker's side",
  );
  const bus = await openTimedBus();
  return { bus, broker: bus.embedded! };
}

const LOCK_MS = 5_000;

/** A send that is written before the client notices that its connection broke is answered by nobody: wait no longer than this. */
const quick = { retryOptions: { timeoutInMs: 3_000 } };

describe.concurrent("when every connection is dropped", () => {
  test("a sender sends again by itself", async (context) => {
    const { bus, broker } = await ownBroker(context);
    await using _ = bus;
    const queue = await bus.queue();
    const sender = bus.newClient(quick).createSender(queue);
    await sender.sendMessages({ body: "before" });
    broker.dropConnections();
    await sender.sendMessages({ body: "after" });
    // A message whose answer came too late was sent twice: at least once is what is promised.
    const arrived = await bus.client.createReceiver(queue).peekMessages(10);
    expect(new Set(bodies(arrived))).toEqual(new Set(["before", "after"]));
  });

  test("a receiver receives again, and what it held comes back when its lock ends", async (context) => {
    const { bus, broker } = await ownBroker(context);
    await using _ = bus;
    const queue = await bus.queue({ lockDurationMs: LOCK_MS });
    await bus.client.createSender(queue).sendMessages({ body: "held" });
    const receiver = bus.client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    await one(receiver);
    broker.dropConnections();
    await bus.pass(LOCK_MS);
    const again = await eventually(() => one(receiver));
    expect(again.body).toBe("held");
    expect(again.deliveryCount).toBeGreaterThan(0);
  });

  test("a message received before can still be completed", async (context) => {
    const { bus, broker } = await ownBroker(context);
    await using _ = bus;
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: "held" });
    const receiver = bus.newClient(quick).createReceiver(queue);
    const message = await one(receiver);
    broker.dropConnections();
    await eventually(() => receiver.peekMessages(1));
    await receiver.completeMessage(message);
    expect(await receiver.peekMessages(1)).toEqual([]);
  });

  test("a subscriber goes on", async (context) => {
    const { bus, broker } = await ownBroker(context);
    await using _ = bus;
    const queue = await bus.queue();
    const seen: unknown[] = [];
    const subscription = bus.client.createReceiver(queue).subscribe({
      processMessage: async ({ body }) => void seen.push(body),
      processError: async () => {},
    });
    const sender = bus.newClient(quick).createSender(queue);
    for (let body = 0; body < 3; body++) {
      await sender.sendMessages({ body });
      await eventually(() => seen.includes(body));
      broker.dropConnections();
    }
    await sender.sendMessages({ body: 3 });
    await eventually(() => seen.includes(3));
    await subscription.close();
    expect(new Set(seen)).toEqual(new Set([0, 1, 2, 3]));
  });

  test("a session is lost to its holder and free for the next, with its state", async (context) => {
    const { bus, broker } = await ownBroker(context);
    await using _ = bus;
    const queue = await bus.queue({ requiresSession: true });
    await bus.client.createSender(queue).sendMessages({ body: "kept", sessionId: "s" });
    const session = await bus.client.acceptSession(queue, "s", { maxAutoLockRenewalDurationInMs: 0 });
    await session.setSessionState("state");
    const message = await one(session);
    broker.dropConnections();
    await eventually(() => session.isClosed);
    await expect(session.completeMessage(message)).rejects.toMatchObject({ code: "SessionLockLost" });
    await expect(session.setSessionState("late")).rejects.toMatchObject({ code: "SessionLockLost" });
    const next = await eventually(() => bus.client.acceptSession(queue, "s"));
    expect(await next.getSessionState()).toBe("state");
    expect(await one(next)).toMatchObject({ body: "kept" });
  });

  test("no message goes to who is no longer there", async (context) => {
    const { bus, broker } = await ownBroker(context);
    await using _ = bus;
    const queue = await bus.queue();
    const ghosts = Array.from({ length: 5 }, () => bus.newClient({ retryOptions: { maxRetries: 0 } }));
    const waiting = ghosts.map((ghost) => one(ghost.createReceiver(queue)).catch(() => "gone"));
    await eventually(() => broker.connectionCount === ghosts.length);
    broker.dropConnections();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["gone"]));
    await bus.client.createSender(queue).sendMessages(numbered(10));
    const received = await take(bus.client.createReceiver(queue), 10);
    expect(received.map((message) => message.deliveryCount)).toEqual(Array(10).fill(0));
  });

  test("a hundred times, nothing that was sent is lost", { timeout: 240_000 }, async (context) => {
    const { bus, broker } = await ownBroker(context);
    await using _ = bus;
    const queue = await bus.queue({ lockDurationMs: LOCK_MS, maxDeliveryCount: 1_000 });
    const seen = new Set<unknown>();
    const receiver = bus.newClient().createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    const subscription = receiver.subscribe(
      { processMessage: async ({ body }) => void seen.add(body), processError: async () => {} },
      { maxConcurrentCalls: 10 },
    );
    const senders = Array.from({ length: 9 }, () => bus.newClient(quick).createSender(queue));
    const sent = new Set<string>();
    for (let round = 0, dropped = 0; dropped < 100; round++) {
      // Nobody but the subscriber connects unasked. When it is back, the senders have noticed the break as well.
      await eventually(() => broker.connectionCount === 1);
      const sending = senders.map(async (sender, index) => {
        const body = `${round}-${index}`;
        await eventually(() => sender.sendMessages({ body }));
        sent.add(body);
      });
      await Promise.all(sending);
      dropped += broker.dropConnections();
    }
    // What was in a hand when its connection broke comes back with time.
    await eventually(
      async () => {
        await bus.pass(LOCK_MS);
        expect(seen).toEqual(sent);
        expect(broker.namespace.queueRuntime(queue).totalMessages).toBe(0);
      },
      { withinMs: 60_000 },
    );
    await subscription.close();
  });
});

describe.concurrent("when the broker stops and starts again", () => {
  test("it still has every message, lock, session state and scheduled message", async (context) => {
    const { bus, broker } = await ownBroker(context);
    await using _ = bus;
    const [queue, sessions] = [await bus.queue(), await bus.queue({ requiresSession: true })];
    const sender = bus.client.createSender(queue);
    await sender.sendMessages(numbered(3));
    await sender.scheduleMessages({ body: "scheduled" }, new Date(bus.now() + 3_600_000));
    const held = await one(bus.client.createReceiver(queue));
    const session = await bus.client.acceptSession(sessions, "s");
    await session.setSessionState({ kept: 1 });

    await broker.stop();
    await broker.start();

    const receiver = bus.newClient().createReceiver(queue);
    expect(bodies(await receiver.peekMessages(10))).toEqual([0, 1, 2, "scheduled"]);
    expect(bodies(await take(receiver, 2))).toEqual([1, 2]);
    await receiver.completeMessage(held);
    const next = await bus.newClient().acceptSession(sessions, "s");
    expect(await next.getSessionState()).toEqual({ kept: 1 });
  });

  test("it listens where it did, and its clients come back", async (context) => {
    const { bus, broker } = await ownBroker(context);
    await using _ = bus;
    const queue = await bus.queue();
    const seen: unknown[] = [];
    const subscription = bus
      .newClient()
      .createReceiver(queue)
      .subscribe({
        processMessage: async ({ body }) => void seen.push(body),
        processError: async () => {},
      });
    const { port, connectionString } = broker;
    const sender = bus.client.createSender(queue);
    await sender.sendMessages({ body: "before" });
    await eventually(() => seen.includes("before"));

    await broker.stop();
    const down = bus.newClient({ retryOptions: { maxRetries: 0, timeoutInMs: 2_000 } });
    await expect(down.createSender(queue).sendMessages({ body: "nobody listens" })).rejects.toBeInstanceOf(
      Error,
    );
    await broker.start();

    expect([broker.port, broker.connectionString]).toEqual([port, connectionString]);
    await eventually(() => sender.sendMessages({ body: "after" }));
    await eventually(() => seen.includes("after"));
    await subscription.close();
  });

  test("it may be stopped and started twice, in a row or at once", async (context) => {
    const { bus, broker } = await ownBroker(context);
    await using _ = bus;
    await Promise.all([broker.stop(), broker.stop()]);
    await broker.stop();
    await Promise.all([broker.start(), broker.start()]);
    await broker.start();
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: "works" });
    expect((await one(bus.client.createReceiver(queue))).body).toBe("works");
  });

  test("what falls due while it does not listen is there when it does", async (context) => {
    const { bus, broker } = await ownBroker(context);
    await using _ = bus;
    const queue = await bus.queue({ deadLetterOnExpiration: true });
    const sender = bus.client.createSender(queue);
    await sender.scheduleMessages({ body: "due" }, new Date(bus.now() + 300));
    await sender.sendMessages({ body: "short", timeToLive: 300 });
    await broker.stop();
    await bus.pass(300);
    await broker.start();
    expect((await one(bus.newClient().createReceiver(queue))).body).toBe("due");
    expect((await one(bus.newClient().createReceiver(queue, { subQueueType: "deadLetter" }))).body).toBe(
      "short",
    );
  });
});
