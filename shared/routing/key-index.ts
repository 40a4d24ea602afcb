import { sources, type FilterKey, type KeyOptions, type Source } from "./filter-key.ts";
import { KeyNode } from "./key-node.ts";
import type { MessageView } from "./message-view.ts";

/**
 * Tells which of many filters may match a message, without asking them: by what each must find in a certain place. Those that say nothing of the kind
 * may always match.
 */
export class KeyIndex {
  readonly #nodes: readonly (readonly [Source, KeyNode])[];
  readonly #always: readonly number[];

  /** The id of a filter is its place in the list. */
  constructor(filters: readonly KeyOptions[]) {
    const nodes = new Map(sources.map((source) => [source, new KeyNode()]));
    const uses = countUses(filters);
    const always: number[] = [];
    filters.forEach((options, id) => {
      const best = chooseOption(options, uses);
      if (!best) always.push(id);
      else for (const key of best) nodes.get(key.source)?.add(key, id);
    });
    this.#nodes = [...nodes].filter(([, node]) => !node.isEmpty);
    this.#always = always;
  }

  /** Ids of all filters that may match, in order, each once. */
  candidates(view: MessageView): number[] {
    const found = this.#always.slice();
    for (const [source, node] of this.#nodes) collectFrom(source, node, view, found);
    found.sort((a, b) => a - b);
    return withoutRepeats(found);
  }
}

function collectFrom(source: Source, node: KeyNode, view: MessageView, found: number[]): void {
  switch (source) {
    case "inbound":
      return node.collect(view.inbound, found);
    case "action":
      return node.collect(view.action, found);
    case "path":
      return node.collect(view.comparedAddress?.path, found);
    case "headers":
      return node.collectNamed(view.headers, found);
    case "event":
      return view.attributes && node.collectNamed(view.attributes, found);
    default:
      return "value" in view.json ? node.collect(view.json.value, found) : undefined;
  }
}

/** How many filters ask for each key: one that many ask for tells little. */
function countUses(filters: readonly KeyOptions[]): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const options of filters) {
    if (options.length < 2) continue;
    for (const key of options.flat()) {
      const name = nameOf(key);
      uses.set(name, (uses.get(name) ?? 0) + 1);
    }
  }
  return uses;
}

function chooseOption(
  options: KeyOptions,
  uses: ReadonlyMap<string, number>,
): readonly FilterKey[] | undefined {
  if (options.length < 2) return options[0];
  const costs = options.map((keys) => keys.reduce((sum, key) => sum + costOf(key, uses), 0));
  return options[costs.indexOf(Math.min(...costs))];
}

function costOf(key: FilterKey, uses: ReadonlyMap<string, number>): number {
  const weight = "exact" in key.wants ? 1 : "prefix" in key.wants ? 2 : 8;
  return weight * (uses.get(nameOf(key)) ?? 1);
}

/** Ranges of one place differ from filter to filter and overlap: they count as one key. */
function nameOf({ source, path, wants }: FilterKey): string {
  const place = `${source} ${path.join("\0")}\0`;
  if ("exact" in wants) return `${place}${typeof wants.exact} ${wants.exact}`;
  return "prefix" in wants ? `${place}prefix ${wants.prefix}` : `${place}range`;
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
