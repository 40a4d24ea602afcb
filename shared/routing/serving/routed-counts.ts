/** Versions whose messages are counted; the one that was used longest ago goes first. */
const maxVersions = 16;

/** How many messages each version of a table has routed on this instance, by inbound endpoint. */
export class RoutedCounts {
  readonly #versions = new Map<string, Map<string, number>>();

  /** Counts one. `inbound` is one that the version knows, so there are not many. */
  count(version: string, inbound: string): void {
    let counts = this.#versions.get(version);
    if (!counts) {
      counts = new Map();
      this.#versions.set(version, counts);
      const [oldest] = this.#versions.keys();
      if (this.#versions.size > maxVersions && oldest !== undefined) this.#versions.delete(oldest);
    }
    counts.set(inbound, (counts.get(inbound) ?? 0) + 1);
  }

  /** How many a version routed that came in here. */
  of(version: string, inbound: string): number {
    return this.#versions.get(version)?.get(inbound) ?? 0;
  }

  /** How many each version routed, the newest first. */
  totals(): Record<string, number> {
    const all = [...this.#versions].toReversed();
    return Object.fromEntries(all.map(([version, counts]) => [version, sum(counts.values())]));
  }
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const one of numbers) total += one;
  return total;
}
