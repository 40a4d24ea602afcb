import type { BrokerError } from "../broker-error.ts";
import type { MessageLock, StoredMessage } from "./message.ts";

export type ReceiveMode = "peek-lock" | "receive-and-delete";

/** Who takes messages out of a mailbox. */
export interface Consumer {
  readonly mode: ReceiveMode;
  /** How many messages it can take right now. */
  capacity(): number;
  /** Takes one message; the lock is missing in receive-and-delete mode. */
  deliver(message: StoredMessage, lock: MessageLock | undefined): void;
  /** The mailbox will send nothing more: the entity went away, was disabled, or the session was lost. */
  ended(error: BrokerError): void;
}

/** Consumers that may take a message, in turn. One without capacity drops out until it reports again. */
export class ConsumerRing {
  #all = new Set<Consumer>();
  #ready = new Set<Consumer>();

  get size(): number {
    return this.#all.size;
  }

  add(consumer: Consumer): void {
    this.#all.add(consumer);
    this.#ready.add(consumer);
  }

  remove(consumer: Consumer): void {
    this.#all.delete(consumer);
    this.#ready.delete(consumer);
  }

  /** Notes that a consumer has capacity again. */
  ready(consumer: Consumer): void {
    if (this.#all.has(consumer)) this.#ready.add(consumer);
  }

  /** The next consumer with capacity; it moves to the end of the ring. */
  next(): Consumer | undefined {
    for (const consumer of this.#ready) {
      this.#ready.delete(consumer);
      if (consumer.capacity() <= 0) continue;
      this.#ready.add(consumer);
      return consumer;
    }
    return undefined;
  }

  all(): Consumer[] {
    return [...this.#all];
  }
}
