/** Counts what is being served: invocations, and response bodies that are still open. */
export class InFlight {
  #count = 0;
  readonly #idle = new Set<() => void>();

  get count(): number {
    return this.#count;
  }

  /** Counts one in; the function that it returns counts it out, once, however often it is called. */
  enter(): () => void {
    this.#count += 1;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#count -= 1;
      if (this.#count === 0) this.#tell();
    };
  }

  /** Resolves as soon as nothing is in flight. */
  async whenIdle(): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle.add(resolve);
    });
  }

  #tell(): void {
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}
