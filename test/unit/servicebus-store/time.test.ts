import { describe, expect, test } from "vitest";
import { parseAddress } from "../../../local/servicebus/address.ts";
import { queue, subscription, TestNamespace } from "./namespace-with.ts";
import { content } from "./plain-content.ts";

const SECOND_MS = 1_000;

/** Schedules messages by body, each so long after now, and gives the numbers to cancel them by. */
function schedule(namespace: TestNamespace, address: string, delays: Record<string, number>): number[] {
  const now = namespace.time.now();
  const contents = Object.entries(delays).map(([body, delayMs]) =>
    content(body, { scheduledFor: now + delayMs }),
  );
  return namespace.destination(parseAddress(address)).destination.schedule(contents);
}

describe("a scheduled message", () => {
  test("becomes active at its time, in the order of the times, under a new number", () => {
    const namespace = new TestNamespace().withQueue("q");
    const numbers = schedule(namespace, "q", { b: 2 * SECOND_MS, a: SECOND_MS });
    const consumer = namespace.consume("q", 5);
    namespace.time.advance(SECOND_MS - 1);
    expect(consumer.bodies).toEqual([]);
    namespace.time.advance(1);
    expect(consumer.bodies).toEqual(["a"]);
    namespace.time.advance(SECOND_MS);
    expect(consumer.bodies).toEqual(["a", "b"]);
    expect(numbers).toEqual([1, 2]);
    expect(consumer.received.map(({ message }) => [message.sequence, message.enqueuedSequence])).toEqual([
      [3, 2],
      [4, 1],
    ]);
  });

  test("is active at once when its time has passed", () => {
    const namespace = new TestNamespace().withQueue("q");
    schedule(namespace, "q", { a: -SECOND_MS });
    namespace.time.advance(0);
    expect(namespace.consume("q", 1).bodies).toEqual(["a"]);
  });

  test("is cancelled together with others or not at all", () => {
    const namespace = new TestNamespace().withQueue("q");
    const [a, b] = schedule(namespace, "q", { a: SECOND_MS, b: SECOND_MS });
    const { scheduled } = namespace.destination(parseAddress("q")).destination;
    expect(() => scheduled.cancelScheduled([a!, 99])).toThrow(/99 was not found/);
    scheduled.cancelScheduled([a!]);
    namespace.time.advance(SECOND_MS);
    expect(namespace.consume("q", 5).bodies).toEqual(["b"]);
    expect(() => scheduled.cancelScheduled([b!])).toThrow(/was not found/);
  });

  test("lives as long as it may from when it becomes active", () => {
    const namespace = new TestNamespace().withQueue("q", { defaultTtlMs: 2 * SECOND_MS });
    schedule(namespace, "q", { a: 10 * SECOND_MS });
    namespace.time.advance(12 * SECOND_MS - 1);
    expect(namespace.bodies("q")).toEqual(["a"]);
    namespace.time.advance(1);
    expect(namespace.bodies("q")).toEqual([]);
  });

  test("waits in the topic, and comes to who is subscribed when it is due", () => {
    const namespace = new TestNamespace().withTopic("t", { early: undefined });
    schedule(namespace, "t", { a: SECOND_MS });
    namespace.createSubscription(subscription("t", "late"));
    expect(namespace.topicRuntime("t").scheduledMessages).toBe(1);
    namespace.time.advance(SECOND_MS);
    for (const name of ["early", "late"]) expect(namespace.bodies(`t/Subscriptions/${name}`)).toEqual(["a"]);
  });
});

describe("the time to live", () => {
  test("is the shorter one of the message's and the entity's, to the millisecond", () => {
    const namespace = new TestNamespace().withQueue("q", { defaultTtlMs: 5 * SECOND_MS });
    namespace.send("q", content("short", { timeToLiveMs: SECOND_MS }));
    namespace.send("q", content("long", { timeToLiveMs: 60 * SECOND_MS }), content("none"));
    namespace.time.advance(SECOND_MS - 1);
    expect(namespace.bodies("q")).toEqual(["short", "long", "none"]);
    namespace.time.advance(1);
    expect(namespace.bodies("q")).toEqual(["long", "none"]);
    namespace.time.advance(4 * SECOND_MS);
    expect(namespace.bodies("q")).toEqual([]);
  });

  test("ends among the dead letters where the entity says so, and they live for ever", () => {
    const namespace = new TestNamespace().withQueue("q", { deadLetterOnExpiration: true });
    namespace.send("q", content("a", { timeToLiveMs: SECOND_MS }));
    namespace.time.advance(1_000_000 * SECOND_MS);
    expect(namespace.bodies("q/$DeadLetterQueue")).toEqual(["a"]);
    const [dead] = namespace.at("q/$DeadLetterQueue").mailbox.peek(0, 1);
    expect(dead?.content.user("DeadLetterReason")).toBe("TTLExpiredException");
  });

  test("spares a message in somebody's hands, and takes it when it comes back", () => {
    const namespace = new TestNamespace().withQueue("q");
    namespace.send("q", content("a", { timeToLiveMs: SECOND_MS }), content("b", { timeToLiveMs: SECOND_MS }));
    const consumer = namespace.consume("q", 2);
    namespace.time.advance(2 * SECOND_MS);
    namespace.at("q").mailbox.complete(consumer.token("a"));
    namespace.at("q").mailbox.abandon(consumer.token("b"));
    expect(namespace.bodies("q")).toEqual([]);
  });

  test("does not end for a deferred message", () => {
    const namespace = new TestNamespace().withQueue("q");
    namespace.send("q", content("a", { timeToLiveMs: SECOND_MS }));
    namespace.at("q").mailbox.defer(namespace.consume("q", 1).token("a"));
    namespace.time.advance(10 * SECOND_MS);
    expect(namespace.bodies("q")).toEqual(["a"]);
  });

  test("leaves nothing behind in a session", () => {
    const namespace = new TestNamespace().withQueue("q", { requiresSession: true });
    namespace.send("q", content("a", { sessionId: "s", timeToLiveMs: SECOND_MS }));
    namespace.time.advance(SECOND_MS);
    expect(namespace.at("q").mailbox.sessions?.get("s")).toBeUndefined();
    expect(namespace.queueRuntime("q")).toMatchObject({ totalMessages: 0, sizeBytes: 0 });
  });
});

describe("auto-delete on idle", () => {
  const idle = { autoDeleteOnIdleMs: 300 * SECOND_MS };

  test("removes what nobody used for so long", () => {
    const namespace = new TestNamespace().withQueue("q", idle).withQueue("kept");
    namespace.time.advance(300 * SECOND_MS - 1);
    expect(namespace.queue("q")).toBeDefined();
    namespace.time.advance(1);
    expect(namespace.queues().map(({ name }) => name)).toEqual(["kept"]);
  });

  test("begins anew with each use", () => {
    const namespace = new TestNamespace().withQueue("q", idle);
    for (let turn = 0; turn < 5; turn++) {
      namespace.time.advance(299 * SECOND_MS);
      namespace.destination(parseAddress("q")).life.touch();
    }
    namespace.time.advance(300 * SECOND_MS - 1);
    expect(namespace.queue("q")).toBeDefined();
  });

  test("spares what has a receiver or a sender, and counts from when they go", () => {
    const namespace = new TestNamespace().withQueue("q", idle);
    const consumer = namespace.consume("q", 1);
    namespace.time.advance(10_000 * SECOND_MS);
    namespace.at("q").mailbox.detach(consumer);
    const unwatch = namespace.at("q").life.watch(() => {});
    namespace.time.advance(10_000 * SECOND_MS);
    expect(namespace.queue("q")).toBeDefined();
    unwatch();
    namespace.time.advance(600 * SECOND_MS);
    expect(namespace.queue("q")).toBeUndefined();
  });

  test("follows the description when it is changed", () => {
    const namespace = new TestNamespace().withQueue("q", idle);
    namespace.updateQueue(queue("q"));
    namespace.time.advance(10_000 * SECOND_MS);
    expect(namespace.queue("q")).toBeDefined();
    namespace.updateQueue(queue("q", idle));
    namespace.time.advance(300 * SECOND_MS);
    expect(namespace.queue("q")).toBeUndefined();
  });

  test("leaves no timer behind that would do harm", () => {
    const namespace = new TestNamespace().withQueue("q", { ...idle, deadLetterOnExpiration: true });
    namespace.send("q", content("a", { timeToLiveMs: 400 * SECOND_MS }));
    const consumer = namespace.consume("q", 1);
    namespace.deleteEntity("q");
    expect(consumer.errors).toMatchObject([{ condition: "amqp:not-found" }]);
    namespace.time.advance(10_000 * SECOND_MS);
    expect(namespace.bugs).toEqual([]);
  });
});
