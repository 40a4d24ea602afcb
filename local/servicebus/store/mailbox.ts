import { BrokerError } from "../broker-error.ts";
import type { Clock } from "../clock.ts";
import { type Consumer, ConsumerRing, type ReceiveMode } from "./consumer.ts";
import { Lane } from "./lane.ts";
import { MessageLocks } from "./message-locks.ts";
import { MessageLog } from "./message-log.ts";
import { type Arrival, type Change, type MessageLock, type StoredMessage, storedMessage } from "./message.ts";
import type { Session, SessionLock } from "./session.ts";
import { Sessions } from "./sessions.ts";
import type { Usage } from "./usage.ts";

/** What a mailbox leaves to the entity it belongs to. Messages handed to it have left the mailbox. */
export interface MailboxOwner {
  readonly sessionful: boolean;
  /** False where messages stay for ever: among dead letters. */
  readonly expires: boolean;
  lockDurationMs(): number;
  maxDeliveryCount(): number;
  nextSequence(): number;
  expired(message: StoredMessage): void;
  deliveredTooOften(message: StoredMessage): void;
  due(message: StoredMessage): void;
}

/**
 * The messages of one queue, subscription or dead-letter queue, and who receives them.
 *
 * A message is scheduled, active or deferred. An active one waits in a lane (one for all, or one per session) until a
 * consumer takes it: for good, or under a lock. A lock ends by completing, abandoning, deferring or dead-lettering, or by
 * running out, which counts as a failed delivery. A deferred message is got by its sequence number only.
 */
export class Mailbox {
  readonly sessions: Sessions | undefined;
  #lane = new Lane();
  #log = new MessageLog();
  #consumers = new ConsumerRing();
  #order = 0;
  #scheduled = 0;
  readonly #locks: MessageLocks;
  readonly #clock: Clock;
  readonly #owner: MailboxOwner;
  readonly #usage: Usage;

  constructor(clock: Clock, owner: MailboxOwner, usage: Usage) {
    this.#clock = clock;
    this.#owner = owner;
    this.#usage = usage;
    this.#locks = new MessageLocks(clock, {
      durationMs: () => owner.lockDurationMs(),
      ranOut: (message) => {
        this.#comeBack(message, true);
        this.#pump();
      },
      assertHeld: (session) => void this.sessions?.assertHeld(session),
    });
    if (owner.sessionful) {
      this.sessions = new Sessions(clock, {
        lockDurationMs: () => owner.lockDurationMs(),
        takeBack: (lock, failed) => this.#takeBack(lock, failed),
        pump: (session) => this.#pumpSession(session),
      });
    }
  }

  /** Messages that are not scheduled. */
  get activeCount(): number {
    return this.#log.size - this.#scheduled;
  }

  get scheduledCount(): number {
    return this.#scheduled;
  }

  /** Takes a message in and hands it to whoever waits for it. */
  add(arrival: Arrival): StoredMessage {
    const message = this.#store(arrival, "active");
    if (message.expiresAt !== Infinity) {
      message.cancelTimer = this.#clock.schedule(message.expiresAt, () => this.#expire(message));
    }
    const session = this.#sessionOf(message);
    (session?.lane ?? this.#lane).push(message);
    this.#offer(session);
    return message;
  }

  /** Keeps a message back until it is due; then the owner gets it. */
  schedule(arrival: Arrival, dueAt: number): StoredMessage {
    const message = this.#store(arrival, "scheduled");
    this.#scheduled++;
    message.cancelTimer = this.#clock.schedule(dueAt, () => {
      this.#discard(message);
      this.#owner.due(message);
    });
    return message;
  }

  /** Takes back scheduled messages: all of them or, when one is unknown, none. */
  cancelScheduled(sequences: readonly number[]): void {
    const messages = sequences.map((sequence) => {
      const message = this.#log.get(sequence);
      if (message?.state !== "scheduled") throw notFound(sequence);
      return message;
    });
    for (const message of messages) this.#discard(message);
  }

  /** Messages from a sequence number on, without taking them. */
  peek(from: number, count: number, sessionId?: string): StoredMessage[] {
    const found: StoredMessage[] = [];
    for (const message of this.#log.from(from)) {
      if (found.length >= count) break;
      if (sessionId === undefined || message.content.sessionId === sessionId) found.push(message);
    }
    return found;
  }

  attach(consumer: Consumer): void {
    this.#consumers.add(consumer);
    this.#pump();
  }

  /** Forgets a consumer. Its locks stay until they run out: it may still settle through management. */
  detach(consumer: Consumer): void {
    this.#consumers.remove(consumer);
  }

  /** Takes note that a consumer has capacity again. */
  ready(consumer: Consumer, held?: SessionLock): void {
    if (held !== undefined) {
      const session = this.sessions?.get(held.sessionId);
      if (session?.lock === held) this.#pumpSession(session);
      return;
    }
    this.#consumers.ready(consumer);
    this.#pump();
  }

  /** Ends every consumer, because the entity went away or may not be received from any more. */
  endConsumers(error: BrokerError): void {
    for (const consumer of this.#consumers.all()) {
      this.#consumers.remove(consumer);
      consumer.ended(error);
    }
    for (const lock of this.sessions?.holders() ?? []) {
      this.sessions?.release(lock);
      lock.consumer.ended(error);
    }
    for (const waiter of this.sessions?.waiters() ?? []) waiter.consumer.ended(error);
  }

  hasConsumers(): boolean {
    return (
      this.#consumers.size > 0 ||
      (this.sessions?.holders().length ?? 0) > 0 ||
      (this.sessions?.waiters().length ?? 0) > 0
    );
  }

  complete(token: string): void {
    this.#discard(this.#locks.unlock(token));
  }

  /** Gives a message back; a deferred one stays deferred. */
  abandon(token: string, change?: Change): void {
    const message = this.#locks.unlock(token);
    this.#change(message, change);
    this.#comeBack(message, true);
    this.#offer(this.#sessionOf(message));
  }

  /** Gives a message back as if it had never been delivered. */
  release(token: string): void {
    const message = this.#locks.unlock(token);
    this.#comeBack(message, false);
    this.#offer(this.#sessionOf(message));
  }

  defer(token: string, change?: Change): number {
    const message = this.#locks.unlock(token);
    this.#change(message, change);
    message.state = "deferred";
    // Deferred messages do not expire: that is documented behaviour.
    message.cancelTimer?.();
    message.cancelTimer = undefined;
    return message.sequence;
  }

  /** Takes a locked message out, for the owner to put elsewhere. */
  remove(token: string, change?: Change): StoredMessage {
    const message = this.#locks.unlock(token);
    this.#change(message, change);
    this.#discard(message);
    return message;
  }

  renew(token: string): number {
    return this.#locks.renew(token);
  }

  /** Gets deferred messages by sequence number: all of them or, when one is missing, none. */
  receiveDeferred(
    sequences: readonly number[],
    mode: ReceiveMode,
    held?: SessionLock,
  ): { message: StoredMessage; lock: MessageLock | undefined }[] {
    if (this.sessions !== undefined && held !== undefined) this.sessions.assertHeld(held);
    const messages = [...new Set(sequences)].map((sequence) => {
      const message = this.#log.get(sequence);
      const other = held !== undefined && message?.content.sessionId !== held.sessionId;
      if (message?.state !== "deferred" || message.lock !== undefined || other) throw notFound(sequence);
      return message;
    });
    return messages.map((message) => {
      if (mode === "peek-lock") return { message, lock: this.#locks.lock(message, held) };
      this.#discard(message);
      return { message, lock: undefined };
    });
  }

  /** Takes out all active messages that nobody has in hand, oldest first. */
  drain(): StoredMessage[] {
    const drained: StoredMessage[] = [];
    for (const message of this.#log.from(0)) if (message.waiting) drained.push(message);
    for (const message of drained) this.#discard(message);
    return drained;
  }

  /** Removes up to `count` waiting messages that were enqueued by a time. */
  deleteBatch(count: number, enqueuedBy: number, sessionId?: string): number {
    const doomed: StoredMessage[] = [];
    for (const message of this.#log.from(0)) {
      if (doomed.length >= count) break;
      const fits = sessionId === undefined || message.content.sessionId === sessionId;
      if (message.waiting && message.enqueuedAt <= enqueuedBy && fits) doomed.push(message);
    }
    for (const message of doomed) this.#discard(message);
    return doomed.length;
  }

  /** Forgets everything; timers must not fire for an entity that is gone. */
  clear(): void {
    for (const message of this.#log.from(0)) this.#discard(message);
  }

  #store(arrival: Arrival, state: "active" | "scheduled"): StoredMessage {
    const message = storedMessage(arrival, {
      state,
      sequence: arrival.kept?.sequence ?? this.#owner.nextSequence(),
      order: this.#order++,
      now: this.#clock.now(),
      expires: this.#owner.expires,
    });
    this.#log.add(message);
    this.#usage.add(message.content.sizeBytes);
    const session = this.#sessionOf(message);
    if (session !== undefined) {
      session.messageCount++;
      session.changedAt = this.#clock.now();
    }
    return message;
  }

  /** Forgets a message, wherever it stands. */
  #discard(message: StoredMessage): void {
    if (message.state === "gone") return;
    if (message.state === "scheduled") this.#scheduled--;
    if (message.lock !== undefined) this.#locks.drop(message.lock);
    const session = this.#sessionOf(message);
    (session?.lane ?? this.#lane).remove(message);
    message.state = "gone";
    message.cancelTimer?.();
    message.cancelTimer = undefined;
    this.#log.remove(message);
    this.#usage.remove(message.content.sizeBytes);
    if (session === undefined) return;
    session.messageCount--;
    this.sessions?.forgetIfUnused(session);
  }

  #change(message: StoredMessage, change: Change | undefined): void {
    if (change === undefined) return;
    this.#usage.remove(message.content.sizeBytes);
    message.content = change(message.content);
    this.#usage.add(message.content.sizeBytes);
  }

  #sessionOf(message: StoredMessage): Session | undefined {
    return this.sessions?.open(message.content.sessionId ?? "");
  }

  #offer(session: Session | undefined): void {
    if (session !== undefined) this.sessions?.offer(session);
    else this.#pump();
  }

  #pump(): void {
    while (this.#lane.size > 0) {
      const consumer = this.#consumers.next();
      if (consumer === undefined) return;
      const message = this.#lane.take();
      if (message !== undefined) this.#hand(message, consumer, undefined);
    }
  }

  #pumpSession(session: Session): void {
    for (let lock = session.lock; lock !== undefined && lock.consumer.capacity() > 0; lock = session.lock) {
      const message = session.lane.take();
      if (message === undefined) return;
      this.#hand(message, lock.consumer, lock);
    }
  }

  #hand(message: StoredMessage, consumer: Consumer, held: SessionLock | undefined): void {
    if (message.expiresAt <= this.#clock.now()) {
      this.#expire(message);
    } else if (consumer.mode === "peek-lock") {
      consumer.deliver(message, this.#locks.lock(message, held));
    } else {
      this.#discard(message);
      consumer.deliver(message, undefined);
    }
  }

  #takeBack(held: SessionLock, failed: boolean): void {
    for (const lock of held.messages) {
      this.#locks.drop(lock);
      this.#comeBack(lock.message, failed);
    }
  }

  /** Puts an unlocked message where it belongs now. */
  #comeBack(message: StoredMessage, failed: boolean): void {
    if (failed) message.deliveryCount++;
    if (failed && message.deliveryCount >= this.#owner.maxDeliveryCount()) {
      this.#discard(message);
      this.#owner.deliveredTooOften(message);
    } else if (message.state === "active") {
      if (message.expiresAt <= this.#clock.now()) this.#expire(message);
      else (this.#sessionOf(message)?.lane ?? this.#lane).giveBack(message);
    }
  }

  #expire(message: StoredMessage): void {
    // Who has a message in hand may still complete it; it expires when it comes back.
    if (message.state !== "active" || message.lock !== undefined) return;
    this.#discard(message);
    this.#owner.expired(message);
  }
}

function notFound(sequence: number): BrokerError {
  return new BrokerError(
    "com.microsoft:message-not-found",
    `The message with sequence number ${sequence} was not found.`,
  );
}
