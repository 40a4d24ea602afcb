import type { BrokerError } from "../broker-error.ts";
import type { Cancel, Clock } from "../clock.ts";
import { Idleness } from "./idleness.ts";

/** What every entity has besides its messages: dates, a watch on its use, and those to tell when it goes. */
export class Life {
  readonly createdAt: number;
  updatedAt: number;
  /** When somebody last sent to it or received from it. */
  accessedAt: number | undefined;
  readonly idleness: Idleness;
  #watchers = new Set<(error: BrokerError) => void>();
  readonly #clock: Clock;

  constructor(options: {
    clock: Clock;
    allowedIdleMs: () => number;
    inUse: () => boolean;
    idle: () => void;
  }) {
    this.#clock = options.clock;
    this.createdAt = options.clock.now();
    this.updatedAt = this.createdAt;
    this.idleness = new Idleness({
      clock: options.clock,
      allowedMs: options.allowedIdleMs,
      inUse: () => this.#watchers.size > 0 || options.inUse(),
      idle: options.idle,
    });
  }

  /** Tells a sender when it can send no more; the answer takes the watcher back. */
  watch(ended: (error: BrokerError) => void): Cancel {
    this.#watchers.add(ended);
    this.touch();
    return () => void this.#watchers.delete(ended);
  }

  touch(): void {
    this.accessedAt = this.#clock.now();
    this.idleness.touch();
  }

  updated(): void {
    this.updatedAt = this.#clock.now();
    this.idleness.touch();
    this.idleness.watch();
  }

  /** Tells all senders that this is the end. */
  endSenders(error: BrokerError): void {
    for (const watcher of this.#watchers) {
      this.#watchers.delete(watcher);
      watcher(error);
    }
  }
}
