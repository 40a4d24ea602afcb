import { describe, expect, test } from "vitest";
import { maxForwardHops, maxIdLength, maxMessageBytes } from "../../../local/servicebus/limits.ts";
import { queue, TestNamespace, topic } from "./namespace-with.ts";
import { content } from "./plain-content.ts";

const SECOND_MS = 1_000;
const transfer = "$Transfer/$DeadLetterQueue";

describe("the duplicate window", () => {
  const detecting = { requiresDuplicateDetection: true, duplicateDetectionWindowMs: 60 * SECOND_MS };
  const same = (body: string) => content(body, { messageId: "id" });

  test("takes an id once, and again when its time is over", () => {
    const namespace = new TestNamespace().withQueue("q", detecting);
    namespace.send("q", same("first"));
    namespace.time.advance(60 * SECOND_MS - 1);
    namespace.send("q", same("too early"));
    namespace.time.advance(1);
    namespace.send("q", same("again"), same("twice in one"));
    expect(namespace.bodies("q")).toEqual(["first", "again"]);
  });

  test("remembers an id whose message is gone", () => {
    const namespace = new TestNamespace().withQueue("q", detecting);
    namespace.send("q", same("first"));
    namespace.consume("q", 1, "receive-and-delete");
    namespace.send("q", same("second"));
    expect(namespace.bodies("q")).toEqual([]);
  });

  test("does not remember ids of messages that were refused", () => {
    const namespace = new TestNamespace().withQueue("q", detecting);
    const large = content("large", { sizeBytes: maxMessageBytes + 1 });
    expect(() => namespace.send("q", same("with a large one"), large)).toThrow(/exceeds the limit/);
    namespace.send("q", same("alone"));
    expect(namespace.bodies("q")).toEqual(["alone"]);
  });

  test("guards a topic for all of its subscriptions", () => {
    const namespace = new TestNamespace();
    namespace.createTopic(topic("t", detecting));
    for (const name of ["one", "two"]) namespace.withSubscription("t", name);
    namespace.send("t", same("first"));
    namespace.send("t", same("second"));
    for (const name of ["one", "two"]) expect(namespace.bodies(`t/Subscriptions/${name}`)).toEqual(["first"]);
  });
});

describe("forwarding", () => {
  /** Queues `q0` to `q<last>`, each of which forwards to the next. */
  function chain(last: number): TestNamespace {
    const namespace = new TestNamespace().withQueue(`q${last}`);
    for (let n = last - 1; n >= 0; n--) namespace.withQueue(`q${n}`, { forwardTo: `q${n + 1}` });
    return namespace;
  }

  test("goes as many hops as there may be", () => {
    const namespace = chain(maxForwardHops);
    namespace.send("q0", content("a"));
    const [arrived] = namespace.at(`q${maxForwardHops}`).mailbox.peek(0, 1);
    expect(arrived).toMatchObject({ hops: maxForwardHops, enqueuedSequence: 1 });
  });

  test("stops before one hop more, and puts the message aside there", () => {
    const namespace = chain(maxForwardHops + 1);
    namespace.send("q0", content("a"));
    expect(namespace.bodies(`q${maxForwardHops}/${transfer}`)).toEqual(["a"]);
    const [aside] = namespace.at(`q${maxForwardHops}/${transfer}`).mailbox.peek(0, 1);
    expect(aside?.content.user("DeadLetterReason")).toBe("MaxTransferHopCountExceeded");
    expect(namespace.bodies(`q${maxForwardHops + 1}`)).toEqual([]);
  });

  test("ends in a circle the same way, and not never", () => {
    const namespace = new TestNamespace().withQueue("a").withQueue("b", { forwardTo: "a" });
    namespace.updateQueue(queue("a", { forwardTo: "b" }));
    namespace.send("a", content("round and round"));
    const aside = ["a", "b"].flatMap((name) => namespace.bodies(`${name}/${transfer}`));
    expect(aside).toEqual(["round and round"]);
  });

  test("puts aside what the target refuses, and what has no target any more", () => {
    const namespace = new TestNamespace().withQueue("target", { requiresSession: true });
    namespace.withQueue("q", { forwardTo: "target" });
    namespace.send("q", content("no session"));
    namespace.deleteEntity("target");
    namespace.send("q", content("no target", { sessionId: "s" }));
    const aside = namespace.at(`q/${transfer}`).mailbox.peek(0, 5);
    expect(aside.map((message) => message.content.user("DeadLetterReason"))).toEqual([
      "Session ID is null",
      "MessagingEntityNotFound",
    ]);
  });

  test("takes along what waits when it begins, and leaves what is in a hand", () => {
    const namespace = new TestNamespace().withQueue("target").withQueue("q");
    namespace.send("q", content("held"), content("b"), content("c"));
    const consumer = namespace.consume("q", 1);
    namespace.updateQueue(queue("q", { forwardTo: "target" }));
    expect(namespace.bodies("target")).toEqual(["b", "c"]);
    namespace.at("q").mailbox.complete(consumer.token("held"));
    expect(namespace.bodies("q")).toEqual([]);
  });

  test("carries dead letters to where they are wanted, with their source", () => {
    const namespace = new TestNamespace()
      .withQueue("morgue")
      .withQueue("q", { forwardDeadLetteredTo: "morgue" });
    namespace.send("q", content("a"));
    namespace.at("q").deadLetter(namespace.consume("q", 1).token("a"), { reason: "r", description: "d" });
    const [dead] = namespace.at("morgue").mailbox.peek(0, 1);
    expect(dead).toMatchObject({ deadLetterSource: "q", deliveryCount: 0 });
    expect(namespace.bodies("q/$DeadLetterQueue")).toEqual([]);
  });
});

describe("the quota", () => {
  const quota = { condition: "amqp:resource-limit-exceeded" };
  const sized = (body: string, sizeBytes: number) => content(body, { sizeBytes });

  test("holds for everything in a queue: active, locked, deferred, scheduled and dead", () => {
    const namespace = new TestNamespace().withQueue("q", { maxSizeBytes: 1_000 });
    const later = namespace.time.now() + SECOND_MS;
    namespace.send("q", sized("dead", 200), sized("deferred", 200), sized("locked", 200));
    namespace.send("q", content("scheduled", { sizeBytes: 200, scheduledFor: later }), sized("active", 200));
    const consumer = namespace.consume("q", 3);
    namespace.at("q").deadLetter(consumer.token("dead"), { reason: undefined, description: undefined });
    namespace.at("q").mailbox.defer(consumer.token("deferred"));
    expect(namespace.queueRuntime("q").sizeBytes).toBe(1_000);
    expect(() => namespace.send("q", sized("one too many", 1))).toThrow(expect.objectContaining(quota));
    namespace.at("q").mailbox.complete(consumer.token("locked"));
    namespace.send("q", sized("fits", 200));
  });

  test("takes all of a batch or nothing", () => {
    const namespace = new TestNamespace().withQueue("q", { maxSizeBytes: 1_000 });
    expect(() => namespace.send("q", sized("a", 600), sized("b", 600))).toThrow(
      expect.objectContaining(quota),
    );
    expect(namespace.bodies("q")).toEqual([]);
  });

  test("of a topic counts the copies in its subscriptions", () => {
    const namespace = new TestNamespace();
    namespace.createTopic(topic("t", { maxSizeBytes: 1_000 }));
    for (const name of ["one", "two"]) namespace.withSubscription("t", name);
    namespace.send("t", sized("a", 500));
    expect(namespace.topicRuntime("t").sizeBytes).toBe(1_000);
    expect(() => namespace.send("t", sized("b", 500))).toThrow(expect.objectContaining(quota));
    namespace.deleteSubscription("t", "one");
    namespace.send("t", sized("b", 500));
  });

  test("is free again to the last byte when everything is gone", () => {
    const namespace = new TestNamespace().withQueue("q", {
      maxDeliveryCount: 1,
      defaultTtlMs: 90 * SECOND_MS,
    });
    namespace.send("q", ...["a", "b", "c", "d"].map((body) => content(body)));
    const consumer = namespace.consume("q", 3);
    namespace.at("q").mailbox.complete(consumer.token("a"));
    namespace.at("q").mailbox.abandon(consumer.token("b"));
    namespace.time.advance(120 * SECOND_MS);
    namespace.consume("q/$DeadLetterQueue", 10, "receive-and-delete");
    expect(namespace.queueRuntime("q")).toMatchObject({ totalMessages: 0, sizeBytes: 0 });
  });
});

describe("a message is refused", () => {
  const refused: [string, ReturnType<typeof content>, RegExp][] = [
    ["that is too large", content("a", { sizeBytes: maxMessageBytes + 1 }), /exceeds the limit/],
    ["whose properties are too large", content("a", { propertiesBytes: 64 * 1024 + 1 }), /properties/],
    ["whose id is too long", content("a", { messageId: "x".repeat(maxIdLength + 1) }), /MessageId/],
    ["whose session id is too long", content("a", { sessionId: "x".repeat(maxIdLength + 1) }), /SessionId/],
    ["whose keys contradict", content("a", { sessionId: "s", partitionKey: "p" }), /PartitionKey/],
  ];
  test.each(refused)("%s", (_, message, why) => {
    const namespace = new TestNamespace().withQueue("q");
    expect(() => namespace.send("q", message)).toThrow(why);
    expect(namespace.bodies("q")).toEqual([]);
  });

  test("by an entity that is disabled, which takes it when it is enabled again", () => {
    const namespace = new TestNamespace().withQueue("q", { status: "SendDisabled" });
    expect(() => namespace.send("q", content("a"))).toThrow(/disabled for sending/);
    namespace.updateQueue(queue("q"));
    namespace.send("q", content("a"));
    expect(namespace.bodies("q")).toEqual(["a"]);
  });
});
