/** The first wait after a host ended, doubled with each further end within the window. */
export const firstDelayMs = 100;
/** Doubling stops here. */
export const maxDelayMs = 5_000;
/** Ends are counted over this time; who ran longer starts again with the first wait. */
export const windowMs = 60_000;
/** More ends than this within the window, and restarts come slowly. They never stop: the reason may be one that passes. */
export const maxRestartsPerWindow = 8;
export const slowDelayMs = 15_000;

/** How long to wait, and whether restarts have become slow. */
export interface Restart {
  readonly delayMs: number;
  readonly slow: boolean;
  /** Ends within the window, this one included. */
  readonly ends: number;
}

/** When to start a host again that ended by itself. */
export class RestartPolicy {
  readonly #monotonicMs: () => number;
  #ends: number[] = [];

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Counts one end and says how long to wait before the next start. */
  afterEnd(): Restart {
    const now = this.#monotonicMs();
    // One more than the limit is all that the decision needs, so the list stays short.
    this.#ends = [...this.#ends.filter((end) => now - end < windowMs), now].slice(
      -(maxRestartsPerWindow + 1),
    );
    const ends = this.#ends.length;
    const slow = ends > maxRestartsPerWindow;
    return { delayMs: slow ? slowDelayMs : Math.min(firstDelayMs * 2 ** (ends - 1), maxDelayMs), slow, ends };
  }
}
