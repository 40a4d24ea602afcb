import type { FilterKey } from "./filter-key.ts";
import { IntervalTree, type Interval } from "./interval-tree.ts";
import { routingLimits as limits } from "./limits.ts";
import { fieldOf, isObject } from "./plain-object.ts";

/** With more fields than this to look for, the fields that a message has are looked up instead. */
const maxLookedFor = 8;

/** A place in messages that filters ask for: what they want there, and the places below it. */
export class KeyNode {
  readonly #children = new Map<string, KeyNode>();
  readonly #exact = new Map<unknown, number[]>();
  readonly #prefixes = new Map<number, Map<string, number[]>>();
  readonly #intervals: Interval[] = [];
  #tree: IntervalTree | undefined;

  get isEmpty(): boolean {
    return this.#children.size + this.#exact.size + this.#prefixes.size + this.#intervals.length === 0;
  }

  /** Keeps that an id is wanted by whoever has this key, at a path below this node. */
  add(sought: FilterKey, id: number): void {
    const { path, wants } = sought;
    const [key, ...below] = path;
    if (key !== undefined) {
      addIfAbsent(this.#children, key, () => new KeyNode()).add({ ...sought, path: below }, id);
      return;
    }
    if ("exact" in wants) {
      addIfAbsent(this.#exact, wants.exact, newList).push(id);
    } else if ("prefix" in wants) {
      const ofLength = addIfAbsent(this.#prefixes, wants.prefix.length, () => new Map<string, number[]>());
      addIfAbsent(ofLength, wants.prefix, newList).push(id);
    } else {
      this.#intervals.push({ ...wants, id });
      this.#tree = undefined;
    }
  }

  /** Adds the ids of all keys that a value has; lists are looked through. An id may come more than once. */
  collect(value: unknown, found: number[], depth = 0): void {
    if (Array.isArray(value)) {
      if (depth > limits.maxBodyDepth) return;
      for (const item of value) this.collect(item, found, depth + 1);
    } else if (isObject(value)) {
      this.#collectFields(value, found, depth);
    } else if (value !== undefined) {
      this.#collectScalar(value, found);
    }
  }

  /** Like `collect`, of something that has its values by name. */
  collectNamed(values: ReadonlyMap<string, unknown>, found: number[]): void {
    for (const [name, child] of this.#children) child.collect(values.get(name), found);
  }

  #collectFields(value: Record<string, unknown>, found: number[], depth: number): void {
    if (this.#children.size <= maxLookedFor) {
      for (const [key, child] of this.#children) child.collect(fieldOf(value, key), found, depth);
      return;
    }
    for (const key of Object.keys(value)) this.#children.get(key)?.collect(value[key], found, depth);
  }

  #collectScalar(value: unknown, found: number[]): void {
    take(this.#exact.get(value), found);
    if (typeof value === "string") {
      for (const [length, prefixes] of this.#prefixes) {
        if (length <= value.length) take(prefixes.get(value.slice(0, length)), found);
      }
    } else if (typeof value === "number" && this.#intervals.length > 0) {
      this.#tree ??= new IntervalTree(this.#intervals);
      this.#tree.collect(value, found);
    }
  }
}

function take(ids: readonly number[] | undefined, found: number[]): void {
  if (ids) for (const id of ids) found.push(id);
}

function newList(): number[] {
  return [];
}

function addIfAbsent<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = make();
  map.set(key, made);
  return made;
}
