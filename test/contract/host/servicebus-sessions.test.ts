import { afterAll, describe, expect, test } from "vitest";
import type { InvocationRequest } from "../../../local/functions/core/listener.ts";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { deliveryCountIn, listening, moment, text, textsIn } from "../../support/listening.ts";

const bus = await openBus();
afterAll(() => bus.close());

const inSession = (sessionId: string, ...bodies: string[]) => bodies.map((body) => text(body, { sessionId }));
const sessionOf = (call: InvocationRequest): string => call.triggerMetadata["SessionId"]?.string ?? "";

describe.concurrent("a function on an entity with sessions", () => {
  test("gets the messages of each session in order, one at a time", async () => {
    const queue = await bus.queue({ requiresSession: true });
    const running = new Map<string, number>();
    let most = 0;
    await using host = listening(bus, {
      binding: { queueName: queue, isSessionsEnabled: true },
      body: async (call) => {
        const now = (running.get(sessionOf(call)) ?? 0) + 1;
        running.set(sessionOf(call), now);
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
        running.set(sessionOf(call), now - 1);
      },
    });
    await host.listener.start();
    const sender = bus.client.createSender(queue);
    await Promise.all(
      ["x", "y", "z"].map((id) =>
        sender.sendMessages(inSession(id, ...Array.from({ length: 10 }, (_, i) => `${i}`))),
      ),
    );
    await eventually(() => expect(host.calls).toHaveLength(30));
    for (const id of ["x", "y", "z"]) {
      const own = host.calls.filter((call) => sessionOf(call) === id).flatMap(textsIn);
      expect(own).toEqual(Array.from({ length: 10 }, (_, index) => `${index}`));
    }
    expect(most).toBe(1);
  });

  test("works on several sessions at a time, but on no more than host.json allows", async () => {
    const queue = await bus.queue({ requiresSession: true });
    const go = moment();
    let running = 0;
    await using host = listening(bus, {
      binding: { queueName: queue, isSessionsEnabled: true },
      options: { maxConcurrentSessions: 2, sessionIdleTimeout: "00:00:00.1" },
      body: async () => {
        running += 1;
        await go.reached;
      },
    });
    await host.listener.start();
    const sender = bus.client.createSender(queue);
    for (const id of ["a", "b", "c"]) await sender.sendMessages(inSession(id, id));
    await eventually(() => expect(running).toBe(2));
    go.reach();
    await eventually(() => expect(new Set(host.calls.map(sessionOf))).toEqual(new Set(["a", "b", "c"])));
  });

  test("gives an idle session back, so that another has its turn", async () => {
    const queue = await bus.queue({ requiresSession: true });
    await using host = listening(bus, {
      binding: { queueName: queue, isSessionsEnabled: true },
      options: { maxConcurrentSessions: 1, sessionIdleTimeout: "00:00:00.1" },
    });
    await host.listener.start();
    const sender = bus.client.createSender(queue);
    await sender.sendMessages(inSession("a", "1"));
    await sender.sendMessages(inSession("b", "2"));
    await eventually(() => expect(host.calls.map(sessionOf).toSorted()).toEqual(["a", "b"]));
  });

  test("gets a failed message again before the next one of its session", async () => {
    const queue = await bus.queue({ requiresSession: true });
    await using host = listening(bus, {
      binding: { queueName: queue, isSessionsEnabled: true },
      body: (call) => {
        if (textsIn(call)[0] === "1" && deliveryCountIn(call) === 1) throw new Error("broken");
      },
    });
    await bus.client.createSender(queue).sendMessages(inSession("a", "1", "2"));
    await host.listener.start();
    await eventually(() => expect(host.calls.flatMap(textsIn)).toEqual(["1", "1", "2"]));
  });

  test("gets the messages of one session in a call when it takes many", async () => {
    const queue = await bus.queue({ requiresSession: true });
    const sender = bus.client.createSender(queue);
    await sender.sendMessages(inSession("a", "1", "2", "3"));
    await sender.sendMessages(inSession("b", "4", "5"));
    await using host = listening(bus, {
      binding: { queueName: queue, isSessionsEnabled: true, cardinality: "many" },
      options: { sessionIdleTimeout: "00:00:00.1" },
    });
    await host.listener.start();
    await eventually(() => expect(host.calls.map((call) => textsIn(call))).toHaveLength(2));
    expect(new Set(host.calls.map((call) => textsIn(call).join(" ")))).toEqual(new Set(["1 2 3", "4 5"]));
    expect(host.calls[0]?.triggerMetadata["SessionIdArray"]?.collectionString?.string).toHaveLength(
      textsIn(host.calls[0]).length,
    );
  });

  test("gets through a hundred sessions", async () => {
    const queue = await bus.queue({ requiresSession: true });
    await using host = listening(bus, {
      binding: { queueName: queue, isSessionsEnabled: true },
      options: { maxConcurrentSessions: 16, sessionIdleTimeout: "00:00:00.05" },
    });
    await host.listener.start();
    const sender = bus.client.createSender(queue);
    for (let id = 0; id < 100; id++) await sender.sendMessages(inSession(`s${id}`, `${id}`));
    await eventually(() => expect(host.calls).toHaveLength(100), { withinMs: 30_000 });
    expect(new Set(host.calls.map(sessionOf)).size).toBe(100);
  });
});
