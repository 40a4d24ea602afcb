import { BrokerError } from "../broker-error.ts";
import type { Cancel, Clock } from "../clock.ts";
import { maxSessionStateBytes } from "../limits.ts";
import type { Consumer } from "./consumer.ts";
import { createSession, type Session, type SessionLock, type SessionWaiter } from "./session.ts";

/** What the sessions of a mailbox ask of it. */
export interface SessionHost {
  lockDurationMs(): number;
  /** Puts the messages in the holder's hands back into their lane; a failed hold counts as a delivery. */
  takeBack(lock: SessionLock, failed: boolean): void;
  /** Hands waiting messages to the holder. */
  pump(session: Session): void;
}

export interface AcceptNext {
  readonly consumer: Consumer;
  readonly timeoutMs: number;
  readonly granted: (lock: SessionLock) => void;
  readonly timedOut: () => void;
}

/**
 * The sessions of one mailbox: who holds which, and who waits for one.
 *
 * A session is free or held. A free one with waiting messages is ready: it goes to the consumer that has waited longest
 * for any session, or stands in line. A hold ends when its consumer lets go or when its lock runs out; then the messages in
 * hand go back in order and the session may be ready again.
 */
export class Sessions {
  #sessions = new Map<string, Session>();
  /** Free sessions with waiting messages, the one that has been ready longest first. */
  #ready = new Set<Session>();
  #waiters = new Set<SessionWaiter>();
  readonly #clock: Clock;
  readonly #host: SessionHost;

  constructor(clock: Clock, host: SessionHost) {
    this.#clock = clock;
    this.#host = host;
  }

  /** The session of that id, made when there is none. */
  open(id: string): Session {
    let session = this.#sessions.get(id);
    if (session === undefined) {
      session = createSession(id);
      this.#sessions.set(id, session);
    }
    return session;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Takes the session of that id, whether it has messages or not. */
  accept(id: string, consumer: Consumer): SessionLock {
    if (this.#sessions.get(id)?.lock !== undefined) {
      throw new BrokerError(
        "com.microsoft:session-cannot-be-locked",
        `The requested session '${id}' cannot be accepted. It may be locked by another receiver.`,
      );
    }
    return this.#lock(this.open(id), consumer);
  }

  /** Takes the next ready session, now or when there is one. The answer takes the waiter back. */
  acceptNext(request: AcceptNext): Cancel {
    for (const session of this.#ready) {
      request.granted(this.#lock(session, request.consumer));
      return () => {};
    }
    const waiter: SessionWaiter = { ...request, cancelTimer: undefined };
    waiter.cancelTimer = this.#clock.schedule(this.#clock.now() + request.timeoutMs, () => {
      if (this.#waiters.delete(waiter)) waiter.timedOut();
    });
    this.#waiters.add(waiter);
    return () => {
      this.#waiters.delete(waiter);
      waiter.cancelTimer?.();
    };
  }

  /** Takes note that messages wait in a session. */
  offer(session: Session): void {
    if (session.lock !== undefined) this.#host.pump(session);
    else if (session.lane.size === 0) this.forgetIfUnused(session);
    else {
      const [waiter] = this.#waiters;
      if (waiter === undefined) {
        this.#ready.add(session);
        return;
      }
      this.#waiters.delete(waiter);
      waiter.cancelTimer?.();
      waiter.granted(this.#lock(session, waiter.consumer));
    }
  }

  /** Takes note that messages left a session. */
  forgetIfUnused(session: Session): void {
    if (session.lane.size === 0) this.#ready.delete(session);
    if (session.messageCount === 0 && session.lock === undefined && session.state === undefined) {
      this.#sessions.delete(session.id);
    }
  }

  renew(lock: SessionLock): number {
    this.assertHeld(lock);
    this.#arm(lock);
    for (const message of lock.messages) message.lockedUntil = lock.lockedUntil;
    return lock.lockedUntil;
  }

  /** Lets a session go. */
  release(lock: SessionLock): void {
    this.#end(lock, false);
  }

  assertHeld(lock: SessionLock): Session {
    const session = this.#sessions.get(lock.sessionId);
    if (lock.held && lock.lockedUntil <= this.#clock.now()) this.#expire(lock);
    if (!lock.held || session?.lock !== lock) throw sessionLockLost(lock.sessionId);
    return session;
  }

  state(lock: SessionLock): Uint8Array | undefined {
    return this.assertHeld(lock).state;
  }

  setState(lock: SessionLock, state: Uint8Array | undefined): void {
    const session = this.assertHeld(lock);
    if (state !== undefined && state.length > maxSessionStateBytes) {
      throw new BrokerError(
        "amqp:link:message-size-exceeded",
        `The session state has ${state.length} bytes; the limit is ${maxSessionStateBytes}.`,
      );
    }
    // Clients take a state back by setting an empty one.
    session.state = state?.length === 0 ? undefined : state;
    session.stateSetAt = this.#clock.now();
  }

  /** Ids of the sessions with messages or a state or, when a time is given, of those whose state was set after it. */
  list(stateSetAfter: number | undefined): string[] {
    const listed: string[] = [];
    for (const { id, messageCount, state, stateSetAt } of this.#sessions.values()) {
      const hasState = state !== undefined;
      if (stateSetAfter === undefined ? hasState || messageCount > 0 : hasState && stateSetAt > stateSetAfter)
        listed.push(id);
    }
    return listed;
  }

  holders(): SessionLock[] {
    return [...this.#sessions.values()].flatMap((session) => session.lock ?? []);
  }

  waiters(): SessionWaiter[] {
    return [...this.#waiters];
  }

  #lock(session: Session, consumer: Consumer): SessionLock {
    this.#ready.delete(session);
    const lock: SessionLock = {
      sessionId: session.id,
      consumer,
      messages: new Set(),
      lockedUntil: 0,
      held: true,
      cancelTimer: undefined,
    };
    session.lock = lock;
    this.#arm(lock);
    return lock;
  }

  #arm(lock: SessionLock): void {
    lock.cancelTimer?.();
    lock.lockedUntil = this.#clock.now() + this.#host.lockDurationMs();
    lock.cancelTimer = this.#clock.schedule(lock.lockedUntil, () => this.#expire(lock));
  }

  #expire(lock: SessionLock): void {
    if (!lock.held) return;
    this.#end(lock, true);
    lock.consumer.ended(sessionLockLost(lock.sessionId));
  }

  #end(lock: SessionLock, failed: boolean): void {
    if (!lock.held) return;
    lock.held = false;
    lock.cancelTimer?.();
    const session = this.#sessions.get(lock.sessionId);
    if (session === undefined) return;
    this.#host.takeBack(lock, failed);
    session.lock = undefined;
    this.offer(session);
  }
}

export function sessionLockLost(sessionId: string): BrokerError {
  return new BrokerError(
    "com.microsoft:session-lock-lost",
    `The lock of session '${sessionId}' has expired or is held by another receiver. Accept a new session.`,
  );
}
