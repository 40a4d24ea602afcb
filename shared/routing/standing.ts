import type { FilterKey } from "./filter-key.ts";
import type { MessageView } from "./message-view.ts";
import type { Finder } from "./posting.ts";

/** Parts of a message without which nothing can be said of their keys. */
const [needsJson, needsAction] = [1, 2];

/** Filters that are candidates of themselves: always, or unless the message has a key of theirs. */
export class Standing {
  readonly #ids: readonly number[];
  /** By the place in `#ids`: the parts that must be there. */
  readonly #needs: readonly number[];
  readonly #needsOfAll: number;
  readonly #hasKeys: boolean;
  readonly #finder: Finder<MessageView>;
  /** By id: the message that last had a key of the filter. */
  readonly #struckBy: Uint32Array;
  #message = 0;

  constructor(
    always: readonly number[],
    unless: ReadonlyMap<number, readonly FilterKey[]>,
    finder: Finder<MessageView>,
  ) {
    this.#ids = [...always, ...unless.keys()].sort((a, b) => a - b);
    this.#needs = this.#ids.map((id) => needsOf(unless.get(id) ?? []));
    this.#needsOfAll = this.#needs.reduce((all, needs) => all | needs, 0);
    this.#hasKeys = unless.size > 0;
    this.#finder = finder;
    this.#struckBy = new Uint32Array(this.#hasKeys ? (this.#ids.at(-1) ?? 0) + 1 : 0);
  }

  /** Ids in order. */
  idsFor(view: MessageView): readonly number[] {
    if (!this.#hasKeys) return this.#ids;
    this.#beginMessage();
    const struck: number[] = [];
    this.#finder.collect(view, struck);
    for (const id of struck) this.#struckBy[id] = this.#message;
    const missing = missingFrom(view, this.#needsOfAll);
    const left: number[] = [];
    for (let at = 0; at < this.#ids.length; at += 1) {
      const id = this.#ids[at] ?? 0;
      if (this.#struckBy[id] !== this.#message && ((this.#needs[at] ?? 0) & missing) === 0) left.push(id);
    }
    return left;
  }

  /** After four billion messages numbers would come again. */
  #beginMessage(): void {
    this.#message = (this.#message + 1) >>> 0;
    if (this.#message > 0) return;
    this.#struckBy.fill(0);
    this.#message = 1;
  }
}

function needsOf(keys: readonly FilterKey[]): number {
  let needs = 0;
  for (const { source } of keys) {
    if (source === "json") needs |= needsJson;
    if (source === "action") needs |= needsAction;
  }
  return needs;
}

/** Of the parts that are asked for, those that the message has not got. */
function missingFrom(view: MessageView, asked: number): number {
  let missing = 0;
  if (asked & needsJson && "reason" in view.json) missing |= needsJson;
  if (asked & needsAction && view.action === undefined) missing |= needsAction;
  return missing;
}
