import type { KeyOptions } from "./filter-key.ts";

/** A filter that an index is to find: its id, and what else is known of it beside the key that it is found by. */
export interface IndexedFilter {
  id: number;
  options: KeyOptions;
}

/** Something that adds the ids of filters that may match a message. */
export interface Finder<T> {
  collect: (message: T, found: number[]) => void;
}

/** The filters that are found by one key: their ids, and an index of those that are so many that asking them all would take long. */
export class Posting<T> {
  #waiting: IndexedFilter[] = [];
  #ids: readonly number[] = [];
  #rest: Finder<T> | undefined;

  add(filter: IndexedFilter): void {
    this.#waiting.push(filter);
  }

  /** Ends the adding. `divide` makes an index of filters by what else is known of them, where that pays. */
  seal(divide: (filters: readonly IndexedFilter[]) => Finder<T> | undefined): void {
    this.#rest = divide(this.#waiting);
    this.#ids = this.#rest ? [] : this.#waiting.map(({ id }) => id);
    this.#waiting = [];
  }

  collect(message: T, found: number[]): void {
    const ids = this.#ids;
    for (let at = 0; at < ids.length; at += 1) found.push(ids[at] ?? 0);
    this.#rest?.collect(message, found);
  }
}
