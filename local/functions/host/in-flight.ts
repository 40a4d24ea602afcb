/** A piece of work that a drain waits for. */
export interface Work {
  /** A drain need not wait for this any more: it lasts until its client or the app ends it. */
  exempt(): void;
  done(): void;
}

/** Counts what is being worked on, so that a host can stop when nothing is. */
export class InFlight {
  readonly #all = new Set<Work>();
  readonly #awaited = new Set<Work>();
  readonly #changed = new Set<() => void>();

  /** What a drain still waits for. */
  get count(): number {
    return this.#awaited.size;
  }

  begin(): Work {
    const work: Work = {
      exempt: () => this.#remove(work, this.#awaited),
      done: () => this.#remove(work, this.#awaited, this.#all),
    };
    this.#all.add(work);
    this.#awaited.add(work);
    return work;
  }

  /** Resolves when nothing is awaited any more, or with false when that takes too long. */
  idle(withinMs: number): Promise<boolean> {
    return this.#empty(this.#awaited, withinMs);
  }

  /** Resolves when everything has come to its end, what was exempt included, or with false when that takes too long. */
  over(withinMs: number): Promise<boolean> {
    return this.#empty(this.#all, withinMs);
  }

  #remove(work: Work, ...from: Set<Work>[]): void {
    for (const set of from) set.delete(work);
    for (const look of this.#changed) look();
  }

  #empty(set: ReadonlySet<Work>, withinMs: number): Promise<boolean> {
    if (set.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (isEmpty: boolean): void => {
        clearTimeout(timer);
        this.#changed.delete(look);
        resolve(isEmpty);
      };
      const look = (): void => {
        if (set.size === 0) settle(true);
      };
      const timer = setTimeout(() => settle(false), withinMs);
      this.#changed.add(look);
    });
  }
}
