import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { bodies, numbered, one, take } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

/** What Service Bus Standard takes, whatever is in the message. */
const MAX_MESSAGE_BYTES = 256 * 1024;

describe.concurrent("a sender", () => {
  test("sends one message", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: "one" });
    expect((await one(bus.client.createReceiver(queue))).body).toBe("one");
  });

  test("sends an array, kept in order", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages(numbered(50));
    expect(bodies(await take(bus.client.createReceiver(queue), 50))).toEqual([...Array(50).keys()]);
  });

  test("sends a batch with the properties of each message", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    const batch = await sender.createMessageBatch();
    for (const messageId of ["a", "b", "c"]) {
      expect(batch.tryAddMessage({ body: { messageId }, messageId, subject: `subject ${messageId}` })).toBe(
        true,
      );
    }
    await sender.sendMessages(batch);
    const received = await take(bus.client.createReceiver(queue), 3);
    expect(received.map(({ messageId, subject }) => [messageId, subject])).toEqual([
      ["a", "subject a"],
      ["b", "subject b"],
      ["c", "subject c"],
    ]);
  });

  test("is told how large a batch may be, and what fits is taken", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    const batch = await sender.createMessageBatch();
    expect(batch.maxSizeInBytes).toBeGreaterThanOrEqual(MAX_MESSAGE_BYTES);
    const body = "x".repeat(10_000);
    while (batch.tryAddMessage({ body })) expect(batch.count).toBeLessThan(1_000);
    expect(batch.sizeInBytes).toBeLessThanOrEqual(batch.maxSizeInBytes);
    await sender.sendMessages(batch);
    const received = await take(
      bus.client.createReceiver(queue, { receiveMode: "receiveAndDelete" }),
      batch.count,
    );
    expect(received).toHaveLength(batch.count);
  });

  test("is refused a message that is too large, and can go on", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    const { maxSizeInBytes } = await sender.createMessageBatch();
    await expect(sender.sendMessages({ body: Buffer.alloc(maxSizeInBytes + 1) })).rejects.toMatchObject({
      code: "MessageSizeExceeded",
    });
    await sender.sendMessages({ body: "small" });
    expect((await one(bus.client.createReceiver(queue))).body).toBe("small");
  });

  test("gets through a message just below the limit", async () => {
    const queue = await bus.queue();
    await bus.client.createSender(queue).sendMessages({ body: Buffer.alloc(MAX_MESSAGE_BYTES - 1_024, 7) });
    const { body } = (await one(bus.client.createReceiver(queue))) as { body: Buffer };
    expect(body).toHaveLength(MAX_MESSAGE_BYTES - 1_024);
  });

  test("is refused an array that is too large as a whole, and nothing of it arrives", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    const { maxSizeInBytes } = await sender.createMessageBatch();
    const half = Buffer.alloc(maxSizeInBytes / 2);
    await expect(sender.sendMessages([{ body: half }, { body: half }, { body: half }])).rejects.toMatchObject(
      {
        code: "MessageSizeExceeded",
      },
    );
    expect(await bus.client.createReceiver(queue).peekMessages(10)).toEqual([]);
  });

  test("is refused application properties of more than 64 KB", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    const applicationProperties = { large: "x".repeat(33_000), larger: "y".repeat(33_000) };
    await expect(sender.sendMessages({ body: 1, applicationProperties })).rejects.toMatchObject({
      retryable: false,
    });
    expect(await bus.client.createReceiver(queue).peekMessages(1)).toEqual([]);
  });

  test("is refused a message id of more than 128 characters by its own library", async () => {
    const queue = await bus.queue();
    const sent = bus.client.createSender(queue).sendMessages({ body: 1, messageId: "x".repeat(129) });
    await expect(sent).rejects.toThrow(/messageId/);
  });

  test("is refused a session id of more than 128 characters", async () => {
    const queue = await bus.queue({ requiresSession: true });
    const sent = bus.client.createSender(queue).sendMessages({ body: 1, sessionId: "x".repeat(129) });
    await expect(sent).rejects.toThrow(/session/i);
  });

  test("may send from many places at once, and nothing is lost", async () => {
    const queue = await bus.queue();
    const sender = bus.client.createSender(queue);
    await Promise.all(numbered(300).map((message) => sender.sendMessages(message)));
    const received = await take(bus.client.createReceiver(queue, { receiveMode: "receiveAndDelete" }), 300);
    expect(new Set(bodies(received)).size).toBe(300);
  });

  test("is told of each message what became of it, when good ones and bad ones go at once", async () => {
    const queue = await bus.queue({ requiresSession: true });
    const sender = bus.newClient({ retryOptions: { maxRetries: 0 } }).createSender(queue);
    await sender.sendMessages({ body: "first", sessionId: "s" });
    const good = (index: number): boolean => index % 3 === 0;
    const sending = Array.from({ length: 30 }, (_, body) =>
      sender.sendMessages(good(body) ? { body, sessionId: "s" } : { body }),
    );
    const outcomes = await Promise.allSettled(sending);
    expect(outcomes.map(({ status }) => status)).toEqual(
      outcomes.map((_, index) => (good(index) ? "fulfilled" : "rejected")),
    );
    expect(await bus.client.createReceiver(queue).peekMessages(50)).toHaveLength(11);
  });

  test("can be closed and made anew", async () => {
    const queue = await bus.queue();
    const first = bus.client.createSender(queue);
    await first.sendMessages({ body: "first" });
    await first.close();
    await expect(first.sendMessages({ body: "late" })).rejects.toThrow(/closed/);
    await bus.client.createSender(queue).sendMessages({ body: "second" });
    expect(bodies(await take(bus.client.createReceiver(queue), 2))).toEqual(["first", "second"]);
  });
});
