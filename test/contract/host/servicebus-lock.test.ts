import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { deliveryCountIn, isEmpty, listening, moment, text } from "../../support/listening.ts";

const bus = await openBus();
afterAll(() => bus.close());

// Long enough for a renewal to come in time on a busy machine.
const lockMs = 3 * bus.shortLockMs;

describe.concurrent("a function with a message a call", () => {
  test("keeps its message for longer than a lock lasts", async () => {
    const queue = await bus.queue({ lockDurationMs: lockMs });
    const end = Date.now() + 2 * lockMs;
    const body = () => eventually(() => Date.now() > end, { withinMs: 60_000 }).then(() => undefined);
    await using host = listening(bus, { binding: { queueName: queue }, body });
    await host.listener.start();
    await bus.client.createSender(queue).sendMessages(text("long work"));
    await eventually(() => isEmpty(bus, queue), { withinMs: 30_000 });
    expect(host.calls).toHaveLength(1);
    expect(host.logged.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("leaves a message alone that it is not to complete, so that it comes again when its lock ends", async () => {
    const queue = await bus.queue({ lockDurationMs: bus.shortLockMs });
    await using host = listening(bus, { binding: { queueName: queue, autoCompleteMessages: false } });
    await host.listener.start();
    await bus.client.createSender(queue).sendMessages(text("hello"));
    await eventually(() => expect(host.calls.map(deliveryCountIn)).toContain(2), { withinMs: 30_000 });
    expect(await isEmpty(bus, queue)).toBe(false);
  });

  test("a call that lost its lock is told in the log, and its message comes again", async () => {
    const queue = await bus.queue({ lockDurationMs: bus.shortLockMs });
    const go = moment();
    await using host = listening(bus, {
      binding: { queueName: queue },
      options: { maxAutoLockRenewalDuration: "00:00:00" },
      body: () => (host.calls.length === 1 ? go.reached : undefined),
    });
    await host.listener.start();
    await bus.client.createSender(queue).sendMessages(text("slow"));
    await eventually(() => expect(host.calls).toHaveLength(2), { withinMs: 30_000 });
    go.reach();
    await eventually(() =>
      expect(host.logged.map(({ message }) => message)).toContainEqual(
        expect.stringMatching(/cannot complete message/),
      ),
    );
  });
});
