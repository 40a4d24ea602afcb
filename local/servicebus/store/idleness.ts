import type { Cancel, Clock } from "../clock.ts";

/** Watches an entity for use and calls out when it had none for the time its description allows. */
export class Idleness {
  #usedAt: number;
  #cancel: Cancel | undefined;
  readonly #clock: Clock;
  readonly #allowedMs: () => number;
  readonly #inUse: () => boolean;
  readonly #idle: () => void;

  constructor(options: { clock: Clock; allowedMs: () => number; inUse: () => boolean; idle: () => void }) {
    this.#clock = options.clock;
    this.#allowedMs = options.allowedMs;
    this.#inUse = options.inUse;
    this.#idle = options.idle;
    this.#usedAt = options.clock.now();
    this.watch();
  }

  /** Notes a use. Cheap: the timer finds out later. */
  touch(): void {
    this.#usedAt = this.#clock.now();
  }

  /** Starts watching, also after the allowed time was changed. */
  watch(): void {
    this.stop();
    const allowed = this.#allowedMs();
    if (allowed === Infinity) return;
    this.#cancel = this.#clock.schedule(this.#usedAt + allowed, () => this.#check());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #check(): void {
    if (this.#inUse()) this.touch();
    if (this.#usedAt + this.#allowedMs() <= this.#clock.now()) this.#idle();
    else this.watch();
  }
}
