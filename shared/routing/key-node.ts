import type { FilterKey } from "./filter-key.ts";
import { IntervalTree, type Interval } from "./interval-tree.ts";
import { routingLimits as limits } from "./limits.ts";
import type { MessageView } from "./message-view.ts";
import { fieldOf, isInherited, isObject } from "./plain-object.ts";
import { Posting, type Finder, type IndexedFilter } from "./posting.ts";

/** With more fields than this to look for, the fields that a message has are looked up instead. */
const maxLookedFor = 8;

interface Child {
  key: string;
  node: KeyNode;
  /** Every object has something of this name: it must be looked up with care. */
  isInherited: boolean;
}

type Postings = Map<string, Posting<MessageView>>;

/** Postings by a piece of text that has one of a few lengths. */
type Pieces = Map<number, Postings>;

/** Pieces of one length: the first or the last characters of a text. */
interface Piece {
  length: number;
  isEnd: boolean;
  postings: Postings;
}

/** A place in messages that filters ask for: what they want there, and the places below it. */
export class KeyNode {
  readonly #children = new Map<string, KeyNode>();
  readonly #exact = new Map<unknown, Posting<MessageView>>();
  readonly #prefixes: Pieces = new Map();
  readonly #suffixes: Pieces = new Map();
  readonly #intervals: Interval[] = [];
  #list: readonly Child[] = [];
  #pieces: readonly Piece[] = [];
  #tree: IntervalTree | undefined;

  get isEmpty(): boolean {
    const sizes = [this.#children, this.#exact, this.#prefixes, this.#suffixes].map(({ size }) => size);
    return sizes.every((size) => size === 0) && this.#intervals.length === 0;
  }

  /** Whether anything is wanted in this very place. */
  get isWanted(): boolean {
    return this.#exact.size + this.#prefixes.size + this.#suffixes.size + this.#intervals.length > 0;
  }

  get isBranch(): boolean {
    return this.#children.size > 0;
  }

  child(name: string): KeyNode | undefined {
    return this.#children.get(name);
  }

  /** Keeps that a filter has this key, at a path below this node. */
  add({ path, wants }: FilterKey, filter: IndexedFilter): void {
    let node: KeyNode = this; // eslint-disable-line typescript/no-this-alias -- the walk begins here
    for (const key of path) node = addIfAbsent(node.#children, key, () => new KeyNode());
    if ("exact" in wants) addIfAbsent(node.#exact, wants.exact, newPosting).add(filter);
    else if ("prefix" in wants) addPiece(node.#prefixes, wants.prefix, filter);
    else if ("suffix" in wants) addPiece(node.#suffixes, wants.suffix, filter);
    else node.#intervals.push({ ...wants, id: filter.id });
  }

  /** Ends the adding, here and below. */
  seal(divide: (filters: readonly IndexedFilter[]) => Finder<MessageView> | undefined): void {
    for (const pieces of [this.#prefixes, this.#suffixes]) {
      for (const postings of pieces.values()) for (const posting of postings.values()) posting.seal(divide);
    }
    // Looked through for every text: a list is quicker than a map.
    this.#pieces = [
      ...[...this.#prefixes].map(([length, postings]) => ({ length, isEnd: false, postings })),
      ...[...this.#suffixes].map(([length, postings]) => ({ length, isEnd: true, postings })),
    ];
    for (const posting of this.#exact.values()) posting.seal(divide);
    this.#list = [...this.#children].map(([key, node]) => ({ key, node, isInherited: isInherited(key) }));
    for (const { node } of this.#list) node.seal(divide);
    if (this.#intervals.length > 0) this.#tree = new IntervalTree(this.#intervals);
  }

  /** Adds the ids of all keys that a value of a message has; lists are looked through. An id may come more than once. */
  collect(value: unknown, view: MessageView, found: number[], depth = 0): void {
    if (typeof value !== "object" || value === null) {
      if (value !== undefined) this.#collectScalar(value, view, found);
    } else if (isObject(value)) {
      if (this.#list.length > 0) this.#collectFields(value, view, found, depth);
    } else if (Array.isArray(value)) {
      if (depth > limits.maxBodyDepth) return;
      for (const item of value) this.collect(item, view, found, depth + 1);
    }
  }

  /** Like `collect`, of something that has its values by name. */
  collectNamed(values: ReadonlyMap<string, unknown>, view: MessageView, found: number[]): void {
    for (const { key, node } of this.#list) {
      const value = values.get(key);
      if (value !== undefined) node.collect(value, view, found);
    }
  }

  #collectFields(value: Record<string, unknown>, view: MessageView, found: number[], depth: number): void {
    if (this.#list.length <= maxLookedFor) {
      for (const { key, node, isInherited } of this.#list) {
        const field = isInherited ? fieldOf(value, key) : value[key];
        if (field !== undefined) node.collect(field, view, found, depth);
      }
      return;
    }
    for (const key of Object.keys(value)) this.#children.get(key)?.collect(value[key], view, found, depth);
  }

  #collectScalar(value: unknown, view: MessageView, found: number[]): void {
    if (this.#exact.size > 0) this.#exact.get(value)?.collect(view, found);
    if (typeof value === "string") {
      for (const { length, isEnd, postings } of this.#pieces) {
        if (length > value.length) continue;
        postings.get(isEnd ? value.slice(-length) : value.slice(0, length))?.collect(view, found);
      }
    } else if (this.#tree && typeof value === "number" && Number.isFinite(value)) {
      this.#tree.collect(value, found);
    }
  }
}

function addPiece(pieces: Pieces, text: string, filter: IndexedFilter): void {
  const ofLength = addIfAbsent(pieces, text.length, (): Postings => new Map());
  addIfAbsent(ofLength, text, newPosting).add(filter);
}

function newPosting(): Posting<MessageView> {
  return new Posting();
}

function addIfAbsent<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = make();
  map.set(key, made);
  return made;
}
