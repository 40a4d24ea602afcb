import { sources, type FilterKey, type KeyOptions, type Source } from "./filter-key.ts";
import { measureKeys, type KeyCost } from "./key-cost.ts";
import { KeyNode } from "./key-node.ts";
import type { MessageView } from "./message-view.ts";
import type { Finder, IndexedFilter } from "./posting.ts";
import { Standing } from "./standing.ts";
import { collectXml } from "./xml-keys.ts";

/** So many filters under one key are asked one by one; more are divided by what else is known of them. */
const maxUndivided = 8;
/** Keys that divided postings may take, for each filter of the index: filters with long lists of values would take any number. */
const maxDividedKeys = 20;
/** More than so many ids are sorted by the library. */
const maxSortedByHand = 24;

/** What an index is told of a filter: what a message must have, or the keys none of which it may have. */
export type Indexed = KeyOptions | { unless: readonly FilterKey[] };

/**
 * Tells which of many filters may match a message, without asking them: by what each must find in a certain place. Those that say nothing of the kind
 * may always match.
 */
export class KeyIndex {
  readonly #finder: Finder<MessageView>;
  readonly #standing: Standing;

  /** The id of a filter is its place in the list. */
  constructor(filters: readonly Indexed[]) {
    const budget = { left: maxDividedKeys * filters.length };
    const keyed: IndexedFilter[] = [];
    const unless = new Map<number, readonly FilterKey[]>();
    const always: number[] = [];
    for (const [id, filter] of filters.entries()) {
      if ("unless" in filter) unless.set(id, filter.unless);
      else if (filter.length > 0) keyed.push({ id, options: filter });
      else always.push(id);
    }
    this.#finder = buildFinder(keyed, budget);
    const toFilter = ([id, keys]: [number, readonly FilterKey[]]): IndexedFilter => ({ id, options: [keys] });
    this.#standing = new Standing(always, unless, buildFinder([...unless].map(toFilter), budget));
  }

  /** Ids of all filters that may match, in order, each once; those with `unless` are among them just when they match. */
  candidates(view: MessageView): number[] {
    const found: number[] = [];
    this.#finder.collect(view, found);
    sort(found);
    const standing = this.#standing.idsFor(view);
    return standing.length === 0 ? withoutRepeats(found) : merged(standing, withoutRepeats(found));
  }
}

/** Finds filters each of which has at least one option. */
function buildFinder(filters: readonly IndexedFilter[], budget: { left: number }): Finder<MessageView> {
  const nodes = new Map(sources.map((source) => [source, new KeyNode()]));
  const cost = measureKeys(filters);
  for (const { id, options } of filters) {
    const best = cheapest(options, cost);
    const rest = { id, options: options.filter((option) => option !== best) };
    for (const key of best) nodes.get(key.source)?.add(key, rest);
  }
  const used = [...nodes].filter(([, node]) => !node.isEmpty);
  for (const [, node] of used) node.seal((found) => divide(found, budget));
  return {
    collect: (view, found) => {
      for (const [source, node] of used) collectFrom(source, node, view, found);
    },
  };
}

function divide(
  filters: readonly IndexedFilter[],
  budget: { left: number },
): Finder<MessageView> | undefined {
  if (filters.length <= maxUndivided) return undefined;
  const divisible = filters.filter(({ options }) => options.length > 0);
  const keys = divisible.reduce(
    (sum, { options }) => sum + Math.min(...options.map(({ length }) => length)),
    0,
  );
  if (divisible.length <= maxUndivided || keys > budget.left) return undefined;
  budget.left -= keys;
  const inner = buildFinder(divisible, budget);
  const others = filters.filter(({ options }) => options.length === 0).map(({ id }) => id);
  return {
    collect: (view, found) => {
      for (const id of others) found.push(id);
      inner.collect(view, found);
    },
  };
}

function cheapest(options: KeyOptions, cost: KeyCost): readonly FilterKey[] {
  const [first = [], ...others] = options;
  if (others.length === 0) return first;
  const costs = options.map((keys) => keys.reduce((sum, key) => sum + cost(key), 0));
  return options[costs.indexOf(Math.min(...costs))] ?? first;
}

function collectFrom(source: Source, node: KeyNode, view: MessageView, found: number[]): void {
  switch (source) {
    case "inbound":
      return node.collect(view.inbound, view, found);
    case "action":
      return node.collect(view.action, view, found);
    case "path":
      return node.collect(view.comparedAddress?.path, view, found);
    case "headers":
      return node.collectNamed(view.headers, view, found);
    case "event":
      return view.attributes && node.collectNamed(view.attributes, view, found);
    case "xml": {
      const { xml } = view;
      return "value" in xml ? collectXml(node, xml.value, view, found) : undefined;
    }
    default: {
      const { json } = view;
      return "value" in json ? node.collect(json.value, view, found) : undefined;
    }
  }
}

/** Most messages bring a handful of filters, for which the library's sort takes longer than finding them. */
function sort(ids: number[]): void {
  if (ids.length > maxSortedByHand) {
    ids.sort((a, b) => a - b);
    return;
  }
  for (let at = 1; at < ids.length; at += 1) {
    const id = ids[at] ?? 0;
    let to = at;
    for (; to > 0 && (ids[to - 1] ?? 0) > id; to -= 1) ids[to] = ids[to - 1] ?? 0;
    ids[to] = id;
  }
}

/** Two sorted lists that have nothing in common, as one. */
function merged(one: readonly number[], other: readonly number[]): number[] {
  const all: number[] = [];
  let at = 0;
  for (const id of one) {
    for (let next = other[at]; next !== undefined && next < id; next = other[at]) {
      all.push(next);
      at += 1;
    }
    all.push(id);
  }
  for (; at < other.length; at += 1) all.push(other[at] ?? 0);
  return all;
}

function withoutRepeats(sorted: number[]): number[] {
  let kept = 0;
  for (let at = 0; at < sorted.length; at += 1) {
    const id = sorted[at];
    if (id === undefined || (kept > 0 && sorted[kept - 1] === id)) continue;
    sorted[kept] = id;
    kept += 1;
  }
  sorted.length = kept;
  return sorted;
}
