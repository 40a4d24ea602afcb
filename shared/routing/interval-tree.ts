export interface Interval {
  from: number;
  to: number;
  id: number;
}

/** Finds, among many ranges of numbers, those that a number lies in, without looking at the others. */
export class IntervalTree {
  /** Sorted by where they begin; seen as a binary tree whose root is in the middle. */
  readonly #sorted: readonly Interval[];
  /** For each place, how far the ranges of its subtree reach. */
  readonly #reach: Float64Array;

  constructor(intervals: readonly Interval[]) {
    this.#sorted = [...intervals].sort((a, b) => a.from - b.from);
    this.#reach = new Float64Array(this.#sorted.length);
    this.#measure(0, this.#sorted.length);
  }

  /** Adds the ids of all ranges that hold the number, bounds included. */
  collect(value: number, found: number[]): void {
    this.#search(0, this.#sorted.length, value, found);
  }

  #measure(low: number, high: number): number {
    if (low >= high) return -Infinity;
    const middle = (low + high) >>> 1;
    const own = this.#sorted[middle]?.to ?? -Infinity;
    const reach = Math.max(own, this.#measure(low, middle), this.#measure(middle + 1, high));
    this.#reach[middle] = reach;
    return reach;
  }

  #search(low: number, high: number, value: number, found: number[]): void {
    if (low >= high) return;
    const middle = (low + high) >>> 1;
    const interval = this.#sorted[middle];
    if (!interval || (this.#reach[middle] ?? -Infinity) < value) return;
    this.#search(low, middle, value, found);
    if (interval.from > value) return;
    if (interval.to >= value) found.push(interval.id);
    this.#search(middle + 1, high, value, found);
  }
}
