/**
 * What every message passes before it is handed over. `open`: it passes. `shut`: it waits, because there is no worker.
 * `ended`: it is turned away, for good.
 */
export class Gate {
  #state: "open" | "shut" | "ended" = "shut";
  #waiting: ((passes: boolean) => void)[] = [];
  #onShut: (() => void)[] = [];

  get isOpen(): boolean {
    return this.#state === "open";
  }

  open(): void {
    if (this.#state === "ended") return;
    this.#state = "open";
    this.#answer(true);
  }

  shut(): void {
    if (this.#state === "open") this.#leaveOpen("shut");
  }

  end(): void {
    this.#leaveOpen("ended");
    this.#answer(false);
  }

  /** Resolves true when the gate is open, false when it has ended; waits while it is shut. */
  async pass(): Promise<boolean> {
    if (this.#state !== "shut") return this.#state === "open";
    return await new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves as soon as the gate is not open. */
  async closed(): Promise<void> {
    if (!this.isOpen) return;
    await new Promise<void>((resolve) => this.#onShut.push(resolve));
  }

  /** Waits, but not longer than the gate is open. */
  async delay(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const elapsed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await Promise.race([elapsed, this.closed()]);
    clearTimeout(timer);
  }

  #leaveOpen(state: "shut" | "ended"): void {
    this.#state = state;
    for (const tell of this.#onShut.splice(0)) tell();
  }

  #answer(passes: boolean): void {
    for (const tell of this.#waiting.splice(0)) tell(passes);
  }
}
