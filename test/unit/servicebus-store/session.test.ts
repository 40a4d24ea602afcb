import { describe, expect, test } from "vitest";
import type { SessionLock } from "../../../local/servicebus/store/session.ts";
import type { Sessions } from "../../../local/servicebus/store/sessions.ts";
import { TestNamespace } from "./namespace-with.ts";
import { content } from "./plain-content.ts";
import { RecordingConsumer } from "./recording-consumer.ts";

const LOCK_MS = 30_000;

const lost = { condition: "com.microsoft:session-lock-lost" };

class SessionQueue extends TestNamespace {
  readonly sessions: Sessions;

  constructor() {
    super();
    this.withQueue("q", { requiresSession: true, lockDurationMs: LOCK_MS });
    this.sessions = this.at("q").mailbox.sessions!;
  }

  /** Sends messages whose bodies begin with the id of their session: `a1`, `b1`. */
  put(...bodies: string[]): this {
    this.send("q", ...bodies.map((body) => content(body, { sessionId: body.charAt(0) })));
    return this;
  }

  /** Takes a session, with a consumer that has so much credit. */
  hold(id: string, credit = 10): { lock: SessionLock; consumer: RecordingConsumer } {
    const consumer = new RecordingConsumer(credit);
    const lock = this.sessions.accept(id, consumer);
    this.at("q").mailbox.ready(consumer, lock);
    return { lock, consumer };
  }

  /** Waits for any session; what comes of it is noted. */
  wait(timeoutMs = 10_000): { granted: SessionLock[]; timedOut: number[]; cancel: () => void } {
    const noted: { granted: SessionLock[]; timedOut: number[] } = { granted: [], timedOut: [] };
    const cancel = this.sessions.acceptNext({
      consumer: new RecordingConsumer(),
      timeoutMs,
      granted: (lock) => noted.granted.push(lock),
      timedOut: () => noted.timedOut.push(this.time.now()),
    });
    return { ...noted, cancel };
  }
}

describe("a session", () => {
  test("gives its messages to its holder alone, in order", () => {
    const queue = new SessionQueue().put("a1", "b1", "a2");
    const { consumer } = queue.hold("a");
    queue.put("a3", "b2");
    expect(consumer.bodies).toEqual(["a1", "a2", "a3"]);
    expect(queue.hold("b").consumer.bodies).toEqual(["b1", "b2"]);
  });

  test("can be held by one only, and by another when its lock has run out", () => {
    const queue = new SessionQueue();
    const { consumer } = queue.hold("a");
    expect(() => queue.hold("a")).toThrow(/cannot be accepted/);
    queue.time.advance(LOCK_MS);
    expect(consumer.errors).toMatchObject([lost]);
    queue.hold("a");
  });

  test("keeps its order through redelivery: let go, run out, abandoned", () => {
    const queue = new SessionQueue().put("a1", "a2", "a3", "a4");
    const { mailbox } = queue.at("q");
    const first = queue.hold("a", 2);
    mailbox.complete(first.consumer.token("a1"));
    queue.sessions.release(first.lock);
    const second = queue.hold("a", 3);
    expect(second.consumer.received.map(({ message }) => message.deliveryCount)).toEqual([0, 0, 0]);
    mailbox.abandon(second.consumer.token("a3"));
    queue.time.advance(LOCK_MS);
    const third = queue.hold("a", 5);
    expect(third.consumer.bodies).toEqual(["a2", "a3", "a4"]);
    expect(third.consumer.received.map(({ message }) => message.deliveryCount)).toEqual([1, 1, 1]);
  });

  test("locks its messages as long as it is held itself, also after renewal", () => {
    const queue = new SessionQueue().put("a1");
    const { lock, consumer } = queue.hold("a");
    queue.time.advance(LOCK_MS - 1);
    expect(queue.sessions.renew(lock)).toBe(queue.time.now() + LOCK_MS);
    expect(consumer.received[0]?.lock?.lockedUntil).toBe(lock.lockedUntil);
    queue.time.advance(LOCK_MS - 1);
    queue.at("q").mailbox.complete(consumer.token("a1"));
    expect(() => queue.at("q").mailbox.renew(consumer.token("a1"))).toThrow(/lock/);
  });

  test("gives nothing that is settled too late, and counts the delivery", () => {
    const queue = new SessionQueue().put("a1");
    const { consumer } = queue.hold("a");
    queue.time.advance(LOCK_MS);
    expect(() => queue.at("q").mailbox.complete(consumer.token("a1"))).toThrow(/lock/);
    expect(queue.hold("a").consumer.received[0]?.message.deliveryCount).toBe(1);
  });

  test("goes on behind a message that is dead-lettered for too many deliveries", () => {
    const queue = new SessionQueue().put("a1", "a2");
    for (let attempt = 0; attempt < 3; attempt++) {
      queue.hold("a", 1);
      queue.time.advance(LOCK_MS);
    }
    expect(queue.bodies("q/$DeadLetterQueue")).toEqual(["a1"]);
    expect(queue.hold("a").consumer.bodies).toEqual(["a2"]);
  });

  test("is forgotten when nothing is left of it", () => {
    const queue = new SessionQueue().put("a1");
    const { lock, consumer } = queue.hold("a");
    queue.at("q").mailbox.complete(consumer.token("a1"));
    expect(queue.sessions.get("a")).toBeDefined();
    queue.sessions.release(lock);
    expect(queue.sessions.get("a")).toBeUndefined();
  });
});

describe("the state of a session", () => {
  test("is for who holds the lock now, and the lock is its own witness", () => {
    const queue = new SessionQueue();
    const { lock } = queue.hold("a");
    queue.sessions.setState(lock, Buffer.from("one"));
    queue.time.advance(LOCK_MS);
    expect(() => queue.sessions.setState(lock, Buffer.from("late"))).toThrow(expect.objectContaining(lost));
    const { lock: next } = queue.hold("a");
    expect(() => queue.sessions.state(lock)).toThrow(expect.objectContaining(lost));
    expect(() => queue.sessions.renew(lock)).toThrow(expect.objectContaining(lost));
    expect(Buffer.from(queue.sessions.state(next)!).toString()).toBe("one");
  });

  test("is refused at the very moment the lock runs out, before anybody has noticed", () => {
    const queue = new SessionQueue();
    const { lock } = queue.hold("a");
    lock.cancelTimer?.();
    queue.time.advance(LOCK_MS);
    expect(() => queue.sessions.setState(lock, Buffer.from("late"))).toThrow(expect.objectContaining(lost));
  });

  test("keeps the session when no message and no holder is left", () => {
    const queue = new SessionQueue();
    const { lock } = queue.hold("a");
    queue.sessions.setState(lock, Buffer.from("kept"));
    queue.sessions.release(lock);
    expect(queue.sessions.list(undefined)).toEqual(["a"]);
    expect(Buffer.from(queue.sessions.state(queue.hold("a").lock)!).toString()).toBe("kept");
  });
});

describe("waiting for any session", () => {
  test("gives the one that has been ready longest, each to one waiter", () => {
    const queue = new SessionQueue().put("b1", "a1", "b2", "c1");
    const waiters = [queue.wait(), queue.wait(), queue.wait(), queue.wait()];
    expect(waiters.map(({ granted }) => granted[0]?.sessionId)).toEqual(["b", "a", "c", undefined]);
    queue.put("d1");
    expect(waiters[3]?.granted[0]?.sessionId).toBe("d");
  });

  test("passes over sessions that are held or empty", () => {
    const queue = new SessionQueue().put("a1");
    const { lock } = queue.hold("a", 0);
    queue.hold("b");
    const waiter = queue.wait();
    expect(waiter.granted).toEqual([]);
    queue.sessions.release(lock);
    expect(waiter.granted[0]?.sessionId).toBe("a");
  });

  test("ends at its time, and not before", () => {
    const queue = new SessionQueue();
    const began = queue.time.now();
    const waiter = queue.wait(10_000);
    queue.time.advance(60_000);
    expect(waiter.timedOut).toEqual([began + 10_000]);
    queue.put("a1");
    expect(waiter.granted).toEqual([]);
  });

  test("leaves no lock behind when it is given up", () => {
    const queue = new SessionQueue();
    const waiter = queue.wait();
    waiter.cancel();
    queue.put("a1");
    expect(waiter.granted).toEqual([]);
    expect(queue.wait().granted[0]?.sessionId).toBe("a");
  });

  test("gets the session whose holder let its lock run out", () => {
    const queue = new SessionQueue().put("a1");
    queue.hold("a");
    const waiter = queue.wait(LOCK_MS * 2);
    queue.time.advance(LOCK_MS);
    expect(waiter.granted[0]?.sessionId).toBe("a");
  });
});
