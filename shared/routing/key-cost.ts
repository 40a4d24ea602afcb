import type { FilterKey } from "./filter-key.ts";
import type { IndexedFilter } from "./posting.ts";

/** How many filters a message is likely to bring by a key: the more, the less finding a filter by it is worth. */
export type KeyCost = (key: FilterKey) => number;

/** Counts, over filters that may be found in more than one way, how many share each key; and of ranges, how many lie over each other. */
export function measureKeys(filters: readonly IndexedFilter[]): KeyCost {
  const uses = new Map<string, number>();
  const ranges = new Map<string, { from: number; to: number }[]>();
  for (const { options } of filters) {
    if (options.length < 2) continue;
    for (const key of options.flat()) {
      const { wants } = key;
      const name = nameOf(key);
      uses.set(name, (uses.get(name) ?? 0) + 1);
      if (!("from" in wants)) continue;
      const known = ranges.get(name);
      if (known) known.push(wants);
      else ranges.set(name, [wants]);
    }
  }
  const depths = new Map([...ranges].map(([name, all]) => [name, depthOf(all)]));
  return (key) => {
    const name = nameOf(key);
    const shared = depths.get(name) ?? uses.get(name) ?? 1;
    return "exact" in key.wants ? shared : 2 * shared;
  };
}

/** In how many of the ranges a number lies, on average, taken where ranges begin. */
function depthOf(ranges: readonly { from: number; to: number }[]): number {
  const starts = ranges.map(({ from }) => from).sort((a, b) => a - b);
  const ends = ranges.map(({ to }) => to).sort((a, b) => a - b);
  let [ended, sum] = [0, 0];
  for (const [at, start] of starts.entries()) {
    while ((ends[ended] ?? Infinity) < start) ended += 1;
    sum += at + 1 - ended;
  }
  return sum / starts.length;
}

/** Ranges of one place differ from filter to filter and overlap: they have one name. */
function nameOf({ source, path, wants }: FilterKey): string {
  const place = `${source} ${path.join("\0")}\0`;
  if ("exact" in wants) return `${place}${typeof wants.exact} ${wants.exact}`;
  if ("prefix" in wants) return `${place}prefix ${wants.prefix}`;
  return "suffix" in wants ? `${place}suffix ${wants.suffix}` : `${place}range`;
}
