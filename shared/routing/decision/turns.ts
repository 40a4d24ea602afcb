/** Choices that are counted at once; a table that is gone leaves its counts behind. */
const maxCounted = 10_000;

/** Whose turn it is at each choice, as this process has counted. Each instance counts for itself: over all of them the shares are the same. */
export class Turns {
  readonly #next = new Map<string, number>();

  /** The next turn of a choice of a table. */
  take(table: string, choice: string): number {
    const key = `${table}/${choice}`;
    const turn = this.#next.get(key) ?? 0;
    if (turn === 0 && this.#next.size >= maxCounted) this.#next.clear();
    this.#next.set(key, turn + 1);
    return turn;
  }
}
