import { BrokerError } from "../broker-error.ts";
import type { Clock } from "../clock.ts";
import type { Consumer, ReceiveMode } from "./consumer.ts";
import { HandOut } from "./hand-out.ts";
import type { MailboxOwner } from "./mailbox-owner.ts";
import { MessageLocks } from "./message-locks.ts";
import { MessageLog } from "./message-log.ts";
import { type Arrival, type Change, type MessageLock, type StoredMessage, storedMessage } from "./message.ts";
import type { SessionLock } from "./session.ts";
import { Sessions } from "./sessions.ts";
import type { Usage } from "./usage.ts";

/**
 * The messages of one queue, subscription or dead-letter queue, and who receives them.
 *
 * A message is scheduled, active or deferred. An active one waits in a lane (one for all, or one per session) until a
 * consumer takes it: for good, or under a lock. A lock ends by completing, abandoning, deferring or dead-lettering, or by
 * running out, which counts as a failed delivery. A deferred message is got by its sequence number only.
 */
export class Mailbox {
  readonly sessions: Sessions | undefined;
  #log = new MessageLog();
  #order = 0;
  #scheduled = 0;
  readonly #handOut: HandOut;
  readonly #locks: MessageLocks;
  readonly #clock: Clock;
  readonly #owner: MailboxOwner;
  readonly #usage: Usage;

  constructor(clock: Clock, owner: MailboxOwner, usage: Usage) {
    this.#clock = clock;
    this.#owner = owner;
    this.#usage = usage;
    this.#handOut = new HandOut({
      hand: (message, consumer, held) => this.#hand(message, consumer, held),
      sessions: () => this.sessions,
    });
    this.#locks = new MessageLocks(clock, {
      durationMs: () => owner.lockDurationMs(),
      ranOut: (message) => {
        this.#comeBack(message, true);
        this.#handOut.pump();
      },
      assertHeld: (session) => void this.sessions?.assertHeld(session),
    });
    if (owner.sessionful) {
      this.sessions = new Sessions(clock, {
        lockDurationMs: () => owner.lockDurationMs(),
        takeBack: (lock, failed) => this.#takeBack(lock, failed),
        pump: (session) => this.#handOut.pumpSession(session),
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
    this.#handOut.laneOf(message).push(message);
    this.#handOut.offer(message);
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
    this.#handOut.attach(consumer);
  }

  /** Forgets a consumer. Its locks stay until they run out: it may still settle through management. */
  detach(consumer: Consumer): void {
    this.#handOut.detach(consumer);
  }

  /** Takes note that a consumer has capacity again. */
  ready(consumer: Consumer, held?: SessionLock): void {
    this.#handOut.ready(consumer, held);
  }

  /** Ends every consumer, because the entity went away or may not be received from any more. */
  endConsumers(error: BrokerError): void {
    this.#handOut.end(error);
  }

  hasConsumers(): boolean {
    return this.#handOut.inUse;
  }

  complete(token: string): void {
    this.#discard(this.#locks.unlock(token));
  }

  /** Gives a message back; a deferred one stays deferred. */
  abandon(token: string, change?: Change): void {
    const message = this.#locks.unlock(token);
    this.#change(message, change);
    this.#comeBack(message, true);
    this.#handOut.offer(message);
  }

  /** Gives a message back as if it had never been delivered. */
  release(token: string): void {
    const message = this.#locks.unlock(token);
    this.#comeBack(message, false);
    this.#handOut.offer(message);
  }

  /** Puts a message aside; that it was deferred counts as a delivery. */
  defer(token: string, change?: Change): number {
    const message = this.#locks.unlock(token);
    this.#change(message, change);
    if (this.#owner.countsDeliveries) message.deliveryCount++;
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
    const session = this.#handOut.sessionOf(message);
    if (session !== undefined) session.messageCount++;
    return message;
  }

  /** Forgets a message, wherever it stands. */
  #discard(message: StoredMessage): void {
    if (message.state === "gone") return;
    if (message.state === "scheduled") this.#scheduled--;
    if (message.lock !== undefined) this.#locks.drop(message.lock);
    const session = this.#handOut.sessionOf(message);
    this.#handOut.laneOf(message).remove(message);
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
    if (failed && this.#owner.countsDeliveries) message.deliveryCount++;
    if (failed && message.deliveryCount >= this.#owner.maxDeliveryCount()) {
      this.#discard(message);
      this.#owner.deliveredTooOften(message);
    } else if (message.state === "active") {
      if (message.expiresAt <= this.#clock.now()) this.#expire(message);
      else this.#handOut.laneOf(message).giveBack(message);
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
