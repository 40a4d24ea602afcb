import { randomUUID } from "node:crypto";
import { BrokerError } from "../broker-error.ts";
import type { Clock } from "../clock.ts";
import type { MessageLock, StoredMessage } from "./message.ts";
import type { SessionLock } from "./session.ts";

/** What the locks of a mailbox ask of it. */
export interface LockHost {
  durationMs(): number;
  /** A lock ran out; its message is unlocked already. */
  ranOut(message: StoredMessage): void;
  /** Throws when the session is held no more. */
  assertHeld(session: SessionLock): void;
}

/**
 * The locks on the messages of one mailbox, by token.
 * A lock runs out by itself, except in a session: there it lasts as long as the session is held.
 */
export class MessageLocks {
  #locks = new Map<string, MessageLock>();
  readonly #clock: Clock;
  readonly #host: LockHost;

  constructor(clock: Clock, host: LockHost) {
    this.#clock = clock;
    this.#host = host;
  }

  lock(message: StoredMessage, session: SessionLock | undefined): MessageLock {
    const lock: MessageLock = {
      token: randomUUID(),
      message,
      lockedUntil: session?.lockedUntil ?? 0,
      session,
      cancelTimer: undefined,
    };
    message.lock = lock;
    this.#locks.set(lock.token, lock);
    if (session === undefined) this.#arm(lock);
    else session.messages.add(lock);
    return lock;
  }

  renew(token: string): number {
    const lock = this.#get(token);
    if (lock.session !== undefined) {
      throw new BrokerError(
        "amqp:not-allowed",
        "A message of a session is locked with its session: renew the session's lock.",
      );
    }
    this.#arm(lock);
    return lock.lockedUntil;
  }

  /** Ends the lock with that token and gives its message. Throws message-lock-lost when there is none. */
  unlock(token: string): StoredMessage {
    const lock = this.#get(token);
    this.drop(lock);
    return lock.message;
  }

  drop(lock: MessageLock): void {
    this.#locks.delete(lock.token);
    lock.session?.messages.delete(lock);
    lock.cancelTimer?.();
    lock.message.lock = undefined;
  }

  #get(token: string): MessageLock {
    const lock = this.#locks.get(token);
    if (lock?.session !== undefined) this.#host.assertHeld(lock.session);
    // The timer may be late: what counts is the time.
    else if (lock !== undefined && lock.lockedUntil <= this.#clock.now()) this.#runOut(lock);
    if (lock === undefined || !this.#locks.has(token)) {
      throw new BrokerError(
        "com.microsoft:message-lock-lost",
        "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.",
      );
    }
    return lock;
  }

  #arm(lock: MessageLock): void {
    lock.cancelTimer?.();
    lock.lockedUntil = this.#clock.now() + this.#host.durationMs();
    lock.cancelTimer = this.#clock.schedule(lock.lockedUntil, () => this.#runOut(lock));
  }

  #runOut(lock: MessageLock): void {
    if (!this.#locks.has(lock.token)) return;
    this.drop(lock);
    this.#host.ranOut(lock.message);
  }
}
