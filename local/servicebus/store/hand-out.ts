import type { BrokerError } from "../broker-error.ts";
import { type Consumer, ConsumerRing } from "./consumer.ts";
import { Lane } from "./lane.ts";
import type { StoredMessage } from "./message.ts";
import type { Session, SessionLock } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/** Gives a message into a consumer's hands. The session is held by that consumer. */
export type Hand = (message: StoredMessage, consumer: Consumer, held: SessionLock | undefined) => void;

/**
 * Brings waiting messages and consumers together.
 *
 * A message waits in one lane for all or, in a mailbox with sessions, in the lane of its session. It is handed to the next consumer in
 * turn that has room, or to the holder of its session.
 */
export class HandOut {
  #lane = new Lane();
  #consumers = new ConsumerRing();
  readonly #hand: Hand;
  readonly #sessions: () => Sessions | undefined;

  constructor(options: { hand: Hand; sessions: () => Sessions | undefined }) {
    this.#hand = options.hand;
    this.#sessions = options.sessions;
  }

  laneOf(message: StoredMessage): Lane {
    return this.sessionOf(message)?.lane ?? this.#lane;
  }

  /** The session of a message, made when there is none; undefined where there are no sessions. */
  sessionOf(message: StoredMessage): Session | undefined {
    return this.#sessions()?.open(message.content.sessionId ?? "");
  }

  /** Takes note that a message may wait where this one belongs. */
  offer(message: StoredMessage): void {
    const session = this.sessionOf(message);
    if (session !== undefined) this.#sessions()?.offer(session);
    else this.pump();
  }

  attach(consumer: Consumer): void {
    this.#consumers.add(consumer);
    this.pump();
  }

  detach(consumer: Consumer): void {
    this.#consumers.remove(consumer);
  }

  /** Takes note that a consumer has capacity again. */
  ready(consumer: Consumer, held: SessionLock | undefined): void {
    if (held !== undefined) {
      const session = this.#sessions()?.get(held.sessionId);
      if (session?.lock === held) this.pumpSession(session);
      return;
    }
    this.#consumers.ready(consumer);
    this.pump();
  }

  /** Ends every consumer, those that hold a session and those that wait for one too. */
  end(error: BrokerError): void {
    for (const consumer of this.#consumers.all()) {
      this.#consumers.remove(consumer);
      consumer.ended(error);
    }
    const sessions = this.#sessions();
    for (const lock of sessions?.holders() ?? []) {
      sessions?.release(lock);
      lock.consumer.ended(error);
    }
    for (const waiter of sessions?.waiters() ?? []) waiter.consumer.ended(error);
  }

  get inUse(): boolean {
    const sessions = this.#sessions();
    return (
      this.#consumers.size > 0 ||
      (sessions?.holders().length ?? 0) > 0 ||
      (sessions?.waiters().length ?? 0) > 0
    );
  }

  pump(): void {
    while (this.#lane.size > 0) {
      const consumer = this.#consumers.next();
      if (consumer === undefined) return;
      const message = this.#lane.take();
      if (message !== undefined) this.#hand(message, consumer, undefined);
    }
  }

  pumpSession(session: Session): void {
    for (let lock = session.lock; lock !== undefined && lock.consumer.capacity() > 0; lock = session.lock) {
      const message = session.lane.take();
      if (message === undefined) return;
      this.#hand(message, lock.consumer, lock);
    }
  }
}
