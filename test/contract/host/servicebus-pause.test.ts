import { setImmediate } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { deliveryCountIn, listening, moment, text, textsIn } from "../../support/listening.ts";
import { deliveries, one, whatever } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

describe.concurrent("while there is no worker", () => {
  test.each(["one", "many"])(
    "a listener for %s takes nothing, and nothing counts as delivered",
    async (cardinality) => {
      const queue = await bus.queue();
      await using host = listening(bus, { binding: { queueName: queue, cardinality } });
      await host.listener.start();
      await eventually(() => expect(host.listener.state).toBe("running"));
      host.listener.pause();
      expect(host.listener.state).toBe("paused");
      await bus.client.createSender(queue).sendMessages(["a", "b"].map((body) => text(body)));
      const other = bus.client.createReceiver(queue);
      const seen = await one(other);
      expect(seen.deliveryCount).toBe(0);
      await other.completeMessage(seen);
      await host.listener.start();
      await eventually(() => expect(host.calls.flatMap(textsIn)).toEqual(["b"]));
      const counts = host.calls[0]?.triggerMetadata;
      expect(counts?.["DeliveryCount"]?.json ?? counts?.["DeliveryCountArray"]?.json).toMatch(/^(1|\[1\])$/);
    },
  );

  test("a session is free for others, and what it had not handed over is not counted", async () => {
    const queue = await bus.queue({ requiresSession: true });
    await using host = listening(bus, { binding: { queueName: queue, isSessionsEnabled: true } });
    await host.listener.start();
    const sender = bus.client.createSender(queue);
    await sender.sendMessages(text("a", { sessionId: "s" }));
    await eventually(() => expect(host.calls.flatMap(textsIn)).toEqual(["a"]));
    host.listener.pause();
    const session = await eventually(() => bus.client.acceptSession(queue, "s"));
    await sender.sendMessages(text("b", { sessionId: "s" }));
    expect((await one(session)).deliveryCount).toBe(0);
    await session.close();
    await host.listener.start();
    await eventually(() => expect(host.calls.flatMap(textsIn)).toEqual(["a", "b"]));
    expect(host.calls.map(deliveryCountIn)).toEqual([1, 1]);
  });

  test("a message whose call the worker took with it comes again as soon as there is one", async () => {
    const queue = await bus.queue();
    const died = moment();
    await using host = listening(bus, {
      binding: { queueName: queue },
      body: async (call) => {
        if (deliveryCountIn(call) > 1) return;
        await died.reached;
        throw new Error("the worker is gone");
      },
    });
    await host.listener.start();
    await bus.client.createSender(queue).sendMessages(text("a"));
    await eventually(() => expect(host.calls).toHaveLength(1));
    host.listener.pause();
    died.reach();
    const other = bus.client.createReceiver(queue);
    await eventually(async () =>
      expect(deliveries(await other.peekMessages(1))).toEqual([[expect.anything(), 1]]),
    );
    await host.listener.start();
    await eventually(() => expect(host.calls.map(deliveryCountIn)).toEqual([1, 2]));
  });

  test("a listener that is paused and resumed many times loses nothing and counts nothing", async () => {
    const queue = await bus.queue();
    await using host = listening(bus, { binding: { queueName: queue }, options: { maxConcurrentCalls: 4 } });
    const sender = bus.client.createSender(queue);
    await host.listener.start();
    for (let round = 0; round < 20; round++) {
      const sending = sender.sendMessages(
        Array.from({ length: 10 }, (_, index) => text(`${round}.${index}`)),
      );
      host.listener.pause();
      await host.listener.start();
      await sending;
    }
    await eventually(() => expect(host.calls).toHaveLength(200));
    expect(new Set(host.calls.flatMap(textsIn)).size).toBe(200);
    expect(new Set(host.calls.map(deliveryCountIn))).toEqual(new Set([1]));
  });
});

describe.concurrent("a listener that is paused while it still connects", () => {
  // The moments at which a pause can come in between: the connection opens, the key is presented, the link opens.
  test.each(Array.from({ length: 12 }, (_, index) => index * 3))("after %i ms goes on", async (delayMs) => {
    const queue = await bus.queue();
    await using host = listening(bus, { binding: { queueName: queue } });
    for (let round = 0; round < 3; round++) {
      await host.listener.start();
      await bus.pass(delayMs);
      host.listener.pause();
    }
    await host.listener.start();
    await bus.client.createSender(queue).sendMessages(text("a"));
    await eventually(() => expect(host.calls.flatMap(textsIn)).toEqual(["a"]));
  });
});

describe.concurrent("a listener that stops", () => {
  test("waits for its calls, completes them and leaves the rest untouched", async () => {
    const queue = await bus.queue();
    const go = moment();
    await using host = listening(bus, {
      binding: { queueName: queue },
      options: { maxConcurrentCalls: 2 },
      body: () => go.reached,
    });
    await host.listener.start();
    await bus.client.createSender(queue).sendMessages(["a", "b", "c", "d"].map((body) => text(body)));
    await eventually(() => expect(host.calls).toHaveLength(2));
    let isStopped = false;
    const stopping = host.listener.stop(10_000).then(() => (isStopped = true));
    const other = bus.client.createReceiver(queue);
    expect(deliveries(await other.peekMessages(10))).toHaveLength(4);
    expect(isStopped).toBe(false);
    go.reach();
    await stopping;
    expect(host.listener.state).toBe("stopped");
    expect(host.calls).toHaveLength(2);
    const left = await whatever(other);
    expect(left.map(({ deliveryCount }) => deliveryCount)).toEqual([0, 0]);
  });

  test.each([
    ["one", {}],
    ["many", { cardinality: "many" }],
    ["a session", { isSessionsEnabled: true }],
  ])("gives back what it could not finish in time: %s", async (_what, options) => {
    const isSession = "isSessionsEnabled" in options;
    const queue = await bus.queue({ requiresSession: isSession });
    const never = moment();
    await using host = listening(bus, {
      binding: { queueName: queue, ...options },
      body: () => never.reached,
    });
    await host.listener.start();
    await bus.client.createSender(queue).sendMessages(text("a", isSession ? { sessionId: "s" } : {}));
    await eventually(() => expect(host.calls).toHaveLength(1));
    await host.listener.stop(0);
    const other = isSession ? await bus.client.acceptSession(queue, "s") : bus.client.createReceiver(queue);
    expect((await one(other)).body).toBeDefined();
    never.reach();
  });

  test.each([
    ["one", {}],
    ["many", { cardinality: "many" }],
    ["sessions", { isSessionsEnabled: true }],
  ])("is quick when there is nothing to do: %s", async (_what, options) => {
    const queue = await bus.queue({ requiresSession: "isSessionsEnabled" in options });
    await using host = listening(bus, { binding: { queueName: queue, ...options } });
    await host.listener.start();
    await eventually(() => expect(host.listener.state).toBe("running"));
    const start = Date.now();
    await Promise.all([host.listener.stop(60_000), host.listener.stop(60_000)]);
    expect(Date.now() - start).toBeLessThan(15_000);
    await expect(host.listener.start()).rejects.toThrow("has been stopped");
  });
});

test("a pause on a machine that is busy loses no message and no settlement", async () => {
  const queue = await bus.queue();
  const died = moment();
  await using host = listening(bus, {
    binding: { queueName: queue },
    body: async (call) => {
      if (deliveryCountIn(call) > 1) return;
      await died.reached;
      throw new Error("the worker is gone");
    },
  });
  await host.listener.start();
  await bus.client.createSender(queue).sendMessages(text("a"));
  await eventually(() => expect(host.calls).toHaveLength(1));
  host.listener.pause();
  await setImmediate();
  // Longer than the SDK waits for the broker to stop sending.
  for (const end = Date.now() + 300; Date.now() < end;);
  died.reach();
  await setImmediate();
  await host.listener.start();
  await eventually(() => expect(host.calls.map(deliveryCountIn)).toEqual([1, 2]));
});
