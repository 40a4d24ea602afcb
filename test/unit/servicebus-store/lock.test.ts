import { describe, expect, test } from "vitest";
import { RecordingConsumer } from "./recording-consumer.ts";
import { TestNamespace } from "./namespace-with.ts";
import { content } from "./plain-content.ts";

const LOCK_MS = 30_000;

const lost = { condition: "com.microsoft:message-lock-lost" };

/** A namespace whose queue `q` holds messages with these bodies. */
function queueWith(...bodies: string[]): TestNamespace {
  const namespace = new TestNamespace().withQueue("q", { lockDurationMs: LOCK_MS });
  namespace.send("q", ...bodies.map((body) => content(body)));
  return namespace;
}

describe("the lock of a message", () => {
  test("keeps it from others until it runs out, to the millisecond", () => {
    const namespace = queueWith("a");
    const first = namespace.consume("q", 1);
    const second = namespace.consume("q", 1);
    namespace.time.advance(LOCK_MS - 1);
    expect([first.bodies, second.bodies]).toEqual([["a"], []]);
    namespace.time.advance(1);
    expect(second.bodies).toEqual(["a"]);
    expect(second.received[0]?.message.deliveryCount).toBe(1);
  });

  test("lets go of everything that is asked of it too late", () => {
    const namespace = queueWith("a");
    const consumer = namespace.consume("q", 1);
    const token = consumer.token("a");
    const { mailbox } = namespace.at("q");
    namespace.time.advance(LOCK_MS);
    for (const late of [
      () => mailbox.complete(token),
      () => mailbox.abandon(token),
      () => mailbox.release(token),
      () => mailbox.defer(token),
      () => mailbox.renew(token),
    ]) {
      expect(late).toThrow(expect.objectContaining(lost));
    }
    expect(namespace.bodies("q")).toEqual(["a"]);
  });

  test("lasts anew from when it is renewed", () => {
    const namespace = queueWith("a");
    const consumer = namespace.consume("q", 1);
    const { mailbox } = namespace.at("q");
    namespace.time.advance(LOCK_MS - 1);
    expect(mailbox.renew(consumer.token("a"))).toBe(namespace.time.now() + LOCK_MS);
    namespace.time.advance(LOCK_MS - 1);
    mailbox.complete(consumer.token("a"));
    expect(namespace.bodies("q")).toEqual([]);
  });

  test("takes its length from the entity at the time it is taken", () => {
    const namespace = queueWith("a", "b");
    const consumer = namespace.consume("q", 1);
    namespace.updateQueue({ ...namespace.queue("q")!, lockDurationMs: 2 * LOCK_MS });
    consumer.credit = 1;
    namespace.at("q").mailbox.ready(consumer);
    const [a, b] = consumer.received.map(({ lock }) => lock!.lockedUntil - namespace.time.now());
    expect([a, b]).toEqual([LOCK_MS, 2 * LOCK_MS]);
  });

  test("outlives its consumer", () => {
    const namespace = queueWith("a");
    const consumer = namespace.consume("q", 1);
    const { mailbox } = namespace.at("q");
    mailbox.detach(consumer);
    const next = namespace.consume("q", 1);
    expect(next.bodies).toEqual([]);
    mailbox.complete(consumer.token("a"));
    expect(namespace.bodies("q")).toEqual([]);
  });

  test("is nobody's when the message was deleted on receipt", () => {
    const namespace = queueWith("a");
    const consumer = namespace.consume("q", 1, "receive-and-delete");
    expect(consumer.received[0]?.lock).toBeUndefined();
    expect(namespace.bodies("q")).toEqual([]);
  });
});

describe("redelivery", () => {
  test("keeps the order of arrival, whatever comes back when", () => {
    const namespace = queueWith("a", "b", "c", "d", "e");
    const consumer = namespace.consume("q", 4);
    const { mailbox } = namespace.at("q");
    for (const body of ["c", "a", "d"]) mailbox.abandon(consumer.token(body));
    namespace.time.advance(LOCK_MS);
    expect(namespace.consume("q", 5).bodies).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("counts what failed, and not what was merely let go", () => {
    const namespace = queueWith("a");
    const consumer = namespace.consume("q", 1);
    const { mailbox } = namespace.at("q");
    for (const giveBack of ["release", "abandon", "release"] as const) {
      consumer.credit = 1;
      mailbox.ready(consumer);
      mailbox[giveBack](consumer.token("a"));
    }
    consumer.credit = 1;
    mailbox.ready(consumer);
    expect(consumer.received.at(-1)?.message.deliveryCount).toBe(1);
  });

  test("ends among the dead letters after so many deliveries", () => {
    const namespace = queueWith("a", "b");
    for (let attempt = 0; attempt < 3; attempt++) {
      namespace.consume("q", 1, undefined);
      namespace.time.advance(LOCK_MS);
    }
    expect(namespace.bodies("q/$DeadLetterQueue")).toEqual(["a"]);
    expect(namespace.bodies("q")).toEqual(["b"]);
  });

  test("never ends among the dead letters themselves", () => {
    const namespace = queueWith("a");
    const consumer = namespace.consume("q", 1);
    namespace.at("q").deadLetter(consumer.token("a"), { reason: "r", description: "d" });
    for (let attempt = 0; attempt < 20; attempt++) {
      const reader = namespace.consume("q/$DeadLetterQueue", 1);
      namespace.at("q/$DeadLetterQueue").mailbox.detach(reader);
      namespace.time.advance(LOCK_MS);
    }
    expect(namespace.bodies("q/$DeadLetterQueue")).toEqual(["a"]);
  });

  test("goes round the consumers that have room", () => {
    const namespace = new TestNamespace().withQueue("q");
    const consumers = [1, 2, 0, 3].map((credit) => namespace.consume("q", credit));
    namespace.send("q", ...["a", "b", "c", "d", "e", "f"].map((body) => content(body)));
    expect(consumers.map(({ bodies }) => bodies)).toEqual([["a"], ["b", "d"], [], ["c", "e", "f"]]);
  });
});

describe("a deferred message", () => {
  test("is got by its number only, and is deferred still when its lock runs out", () => {
    const namespace = queueWith("a", "b");
    const consumer = namespace.consume("q", 1);
    const { mailbox } = namespace.at("q");
    const sequence = mailbox.defer(consumer.token("a"));
    const [deferred] = mailbox.receiveDeferred([sequence], "peek-lock");
    expect(() => mailbox.receiveDeferred([sequence], "peek-lock")).toThrow(/was not found/);
    namespace.time.advance(LOCK_MS);
    expect(() => mailbox.complete(deferred!.lock!.token)).toThrow(expect.objectContaining(lost));
    expect(namespace.consume("q", 5).bodies).toEqual(["b"]);
    const [again] = mailbox.receiveDeferred([sequence], "receive-and-delete");
    // Once for the delivery that ended in deferring it, once for the lock that ran out.
    expect(again?.message.deliveryCount).toBe(2);
    expect(namespace.bodies("q")).toEqual(["b"]);
  });

  test("is given with others or not at all", () => {
    const namespace = queueWith("a", "b");
    const consumer = namespace.consume("q", 2);
    const { mailbox } = namespace.at("q");
    const sequence = mailbox.defer(consumer.token("a"));
    expect(() => mailbox.receiveDeferred([sequence, 2], "peek-lock")).toThrow(/2 was not found/);
    expect(mailbox.receiveDeferred([sequence], "peek-lock")).toHaveLength(1);
  });
});

test("a consumer that has gone gets nothing more", () => {
  const namespace = new TestNamespace().withQueue("q");
  const gone = new RecordingConsumer(5);
  const { mailbox } = namespace.at("q");
  mailbox.attach(gone);
  mailbox.detach(gone);
  namespace.send("q", content("a"));
  mailbox.ready(gone);
  expect(gone.bodies).toEqual([]);
  expect(namespace.consume("q", 1).bodies).toEqual(["a"]);
});
