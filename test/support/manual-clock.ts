import type { Clock } from "../../shared/kernel/clock.ts";

interface Waiter {
  atMs: number;
  wake: () => void;
}

/** A clock that a test moves by hand. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #startedAt: number;
  readonly #waiters = new Set<Waiter>();

  constructor(startedAt: Date = new Date("2026-01-01T00:00:00Z")) {
    this.#startedAt = startedAt.getTime();
  }

  /** How many delays are running. */
  get waiting(): number {
    return this.#waiters.size;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  now(): Date {
    return new Date(this.#startedAt + this.#nowMs);
  }

  async delay(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const waiter: Waiter = { atMs: this.#nowMs + ms, wake };
      const abort = () => this.#end(waiter);
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", abort);
    });
  }

  /** Lets what was started run until it waits, moves the time on delay by delay, and lets what woke up run too. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await turn();
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#nowMs = next.atMs;
      this.#end(next);
      await turn();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Waiter | undefined {
    const due = [...this.#waiters].filter(({ atMs }) => atMs <= untilMs);
    return due.sort((a, b) => a.atMs - b.atMs)[0];
  }

  #end(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    waiter.wake();
  }
}

/** One turn of the event loop: everything that can go on without I/O or time has gone on. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
