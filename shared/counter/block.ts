import type { Taken } from "./request.ts";

/** Numbers that this process has leased and may hand out without asking. */
interface Block {
  next: bigint;
  last: bigint;
  epoch: number;
  /** From here on, on the monotonic clock, the epoch has to be looked at first. */
  freshUntilMs: number;
}

export interface BlockParts {
  size: number;
  freshMs: number;
  monotonicMs: () => number;
  /** Takes so many numbers, strictly. */
  lease: (count: number) => Promise<Taken>;
  /** The counter's epoch as it is now. */
  readEpoch: () => Promise<number>;
}

/**
 * Hands out the numbers of one counter from blocks. A number is handed out once, as a block is leased once and lives in memory alone: what
 * is left of it when the process ends is a gap. Of a block that was leased before a reset, numbers may be handed out until it is no
 * longer fresh; they carry the old epoch.
 */
export class Blocks {
  readonly #parts: BlockParts;
  #block: Block | undefined;
  #renewing: Promise<void> | undefined;

  constructor(parts: BlockParts) {
    this.#parts = parts;
  }

  /** One number. Costs nothing while the block lasts and is fresh. */
  async next(): Promise<Taken> {
    for (;;) {
      const taken = this.#take();
      if (taken) return taken;
      await (this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined)));
    }
  }

  #take(): Taken | undefined {
    const block = this.#block;
    if (!block || block.next > block.last || this.#parts.monotonicMs() >= block.freshUntilMs)
      return undefined;
    const value = block.next;
    block.next += 1n;
    return { value, last: value, count: 1, epoch: block.epoch, isRepeated: false };
  }

  async #renew(): Promise<void> {
    const { size, freshMs, monotonicMs, lease, readEpoch } = this.#parts;
    const startedMs = monotonicMs();
    const old = this.#block;
    if (old && old.next <= old.last && (await readEpoch()) === old.epoch) {
      old.freshUntilMs = startedMs + freshMs;
      return;
    }
    const { value, last, epoch } = await lease(size);
    this.#block = { next: value, last, epoch, freshUntilMs: monotonicMs() + freshMs };
  }
}
