import type { TestContext } from "vitest";
import { describe, expect, test } from "vitest";
import type { Broker } from "../../../local/servicebus/broker.ts";
import { type Bus, openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { createOutputWriter } from "../../../local/functions/outputs/writer.ts";
import type { OutputWriter } from "../../../local/functions/core/listener.ts";
import type { Settings } from "../../../local/functions/settings/settings.ts";
import { busSettings, type Listening, listening, text, textsIn } from "../../support/listening.ts";

const kinds: readonly (readonly [string, Record<string, unknown>])[] = [
  ["one message a call", {}],
  ["many messages a call", { cardinality: "many" }],
  ["sessions", { isSessionsEnabled: true }],
];

/** A broker of the test's own: what is done to it must disturb no other test. */
async function ownBus({ skip }: TestContext): Promise<{ bus: Bus; broker: Broker }> {
  skip(
    process.env["SERVICEBUS_CONNECTION_STRING"] !== undefined,
    "embedded broker only: the test breaks the broker and its connections",
  );
  const bus = await openBus({});
  const broker = bus.embedded;
  if (broker === undefined) throw new Error("openBus with options gives the embedded broker");
  return { bus, broker };
}

function isSession(options: Record<string, unknown>): boolean {
  return options["isSessionsEnabled"] === true;
}

async function send(bus: Bus, queue: string, body: string, options: Record<string, unknown>): Promise<void> {
  // A client of its own: one whose connection was cut finds out only in the middle of what it does next.
  const client = bus.newClient();
  await client.createSender(queue).sendMessages(text(body, isSession(options) ? { sessionId: body } : {}));
  await client.close();
}

async function running({ listener }: Listening): Promise<void> {
  await eventually(() => expect(listener.state).toBe("running"));
}

describe.concurrent.each(kinds)("a listener for %s", (_kind, options) => {
  test("waits for an entity that does not exist yet, and says why", async (context) => {
    const { bus } = await ownBus(context);
    await using _ = bus;
    const queue = "late-queue";
    await using host = listening(bus, { binding: { queueName: queue, ...options } });
    await host.listener.start();
    await eventually(() => expect(host.listener.lastError).toMatch(/late-/));
    expect(host.listener.state).toBe("retrying");
    bus.embedded?.namespace.createQueue({
      ...queueDefaults,
      name: queue,
      requiresSession: isSession(options),
    });
    await running(host);
    expect(host.listener.lastError).toBeUndefined();
    await send(bus, queue, "hello", options);
    await eventually(() => expect(host.calls.flatMap(textsIn)).toEqual(["hello"]));
  });

  test("waits for a broker that is not there yet", async (context) => {
    const { bus, broker } = await ownBus(context);
    await using _ = bus;
    const queue = await bus.queue({ requiresSession: isSession(options) });
    await broker.stop();
    await using host = listening(bus, { binding: { queueName: queue, ...options } });
    await host.listener.start();
    await eventually(() => expect(host.listener.lastError).toMatch(/ECONNREFUSED/));
    expect(host.listener.state).toBe("retrying");
    await broker.start();
    await running(host);
    await send(bus, queue, "hello", options);
    await eventually(() => expect(host.calls.flatMap(textsIn)).toEqual(["hello"]));
  });

  test("goes on after its connection was cut, again and again", async (context) => {
    const { bus, broker } = await ownBus(context);
    await using _ = bus;
    const queue = await bus.queue({ requiresSession: isSession(options) });
    await using host = listening(bus, { binding: { queueName: queue, ...options } });
    await host.listener.start();
    for (let cut = 0; cut < 5; cut++) {
      await send(bus, queue, `${cut}`, options);
      await eventually(() => expect(host.calls.flatMap(textsIn)).toContain(`${cut}`));
      broker.dropConnections();
    }
    await send(bus, queue, "last", options);
    await eventually(() => expect(host.calls.flatMap(textsIn)).toContain("last"));
  });

  test("goes on after the broker was away", async (context) => {
    const { bus, broker } = await ownBus(context);
    await using _ = bus;
    const queue = await bus.queue({ requiresSession: isSession(options) });
    await using host = listening(bus, { binding: { queueName: queue, ...options } });
    await host.listener.start();
    await send(bus, queue, "before", options);
    await eventually(() => expect(host.calls.flatMap(textsIn)).toEqual(["before"]));
    await broker.stop();
    await eventually(() => expect(host.listener.state).toBe("retrying"), { withinMs: 20_000 });
    await broker.start();
    await send(bus, queue, "after", options);
    await eventually(() => expect(host.calls.flatMap(textsIn)).toContain("after"), { withinMs: 20_000 });
    await running(host);
  });

  test("stops quickly although the broker is away", async (context) => {
    const { bus, broker } = await ownBus(context);
    await using _ = bus;
    const queue = await bus.queue({ requiresSession: isSession(options) });
    const host = listening(bus, { binding: { queueName: queue, ...options } });
    await host.listener.start();
    await running(host);
    await broker.stop();
    const start = Date.now();
    await host.listener.stop(5_000);
    expect(Date.now() - start).toBeLessThan(15_000);
  });
});

test("a listener without sessions on an entity with them is refused by the broker and says so", async (context) => {
  const { bus } = await ownBus(context);
  await using _ = bus;
  const queue = await bus.queue({ requiresSession: true });
  await using host = listening(bus, { binding: { queueName: queue } });
  await host.listener.start();
  await eventually(() => expect(host.listener.lastError).toMatch(/requires sessions/));
  expect(host.listener.state).toBe("retrying");
});

test("a listener that fails again and again tries another client, which harms nobody and leaves none behind", async (context) => {
  const { bus, broker } = await ownBus(context);
  await using _ = bus;
  const settings = busSettings(bus.connectionString);
  const [withSessions, without] = [await bus.queue({ requiresSession: true }), await bus.queue()];
  await using failing = listening(bus, { binding: { queueName: withSessions }, settings });
  await using other = listening(bus, { binding: { queueName: without }, settings });
  await using outputs = outputWriter(settings);
  const output = {
    name: "o",
    type: "serviceBus",
    direction: "out",
    connection: "Bus",
    queueName: without,
  } as const;
  await Promise.all([failing.listener.start(), other.listener.start()]);
  await running(other);
  for (let round = 0; round < 4; round++) {
    const before = failing.logged.length;
    await eventually(() => expect(failing.logged.length).toBeGreaterThanOrEqual(before + 4));
    await outputs.write(output, { string: `${round}` });
  }
  await eventually(() => expect(other.calls.flatMap(textsIn).toSorted()).toEqual(["0", "1", "2", "3"]));
  // The one of the other listener, the one in use and one that is being closed.
  await eventually(() => expect(broker.connectionCount).toBeLessThanOrEqual(3));
  expect(other.logged.filter(({ level }) => level === "warning")).toEqual([]);
});

test("a listener with sessions on an entity without them is refused by the broker and says so", async (context) => {
  const { bus } = await ownBus(context);
  await using _ = bus;
  const queue = await bus.queue();
  await using host = listening(bus, { binding: { queueName: queue, isSessionsEnabled: true } });
  await host.listener.start();
  await eventually(() => expect(host.listener.lastError).toBeDefined());
  expect(host.listener.state).toBe("retrying");
});

function outputWriter(settings: Settings): OutputWriter & AsyncDisposable {
  const writer = createOutputWriter({ settings, log: () => undefined });
  return Object.assign(writer, { [Symbol.asyncDispose]: () => writer.close() });
}

const queueDefaults = {
  lockDurationMs: 60_000,
  maxDeliveryCount: 10,
  defaultTtlMs: Number.POSITIVE_INFINITY,
  deadLetterOnExpiration: false,
  autoDeleteOnIdleMs: Number.POSITIVE_INFINITY,
  status: "Active",
  requiresDuplicateDetection: false,
  duplicateDetectionWindowMs: 60_000,
  maxSizeBytes: 1024 ** 3,
  enablePartitioning: false,
} as const;
