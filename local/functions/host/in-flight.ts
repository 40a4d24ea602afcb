/** A piece of work that a drain waits for. */
export interface Work {
  /** A drain need not wait for this any more: it lasts until its client or the app ends it. */
  exempt(): void;
  done(): void;
}

/** Counts what is being worked on, so that a host can stop when nothing is. */
export class InFlight {
  readonly #awaited = new Set<Work>();
  readonly #idle = new Set<() => void>();

  get count(): number {
    return this.#awaited.size;
  }

  begin(): Work {
    const settle = (): void => {
      this.#awaited.delete(work);
      if (this.#awaited.size > 0) return;
      for (const resolve of this.#idle) resolve();
      this.#idle.clear();
    };
    const work: Work = { exempt: settle, done: settle };
    this.#awaited.add(work);
    return work;
  }

  /** Resolves when nothing is awaited any more, or with false when that takes too long. */
  async idle(withinMs: number): Promise<boolean> {
    if (this.#awaited.size === 0) return true;
    let timer: NodeJS.Timeout | undefined;
    const empty = new Promise<boolean>((resolve) => this.#idle.add(() => resolve(true)));
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), withinMs)));
    return Promise.race([empty, late]).finally(() => clearTimeout(timer));
  }
}
