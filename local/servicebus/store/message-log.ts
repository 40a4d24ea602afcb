import type { StoredMessage } from "./message.ts";

/** Below this many removed entries the log is not worth compacting. */
const fewRemoved = 256;

/** All messages of a mailbox by sequence number, in order: what peek walks along. */
export class MessageLog {
  #bySequence = new Map<number, StoredMessage>();
  #sorted: StoredMessage[] = [];
  #removed = 0;

  get size(): number {
    return this.#bySequence.size;
  }

  add(message: StoredMessage): void {
    this.#bySequence.set(message.sequence, message);
    const last = this.#sorted.at(-1);
    if (last === undefined || last.sequence < message.sequence) this.#sorted.push(message);
    // Only dead letters come out of order: they keep the number they had.
    else this.#sorted.splice(this.#lowerBound(message.sequence), 0, message);
  }

  remove(message: StoredMessage): void {
    if (!this.#bySequence.delete(message.sequence)) return;
    this.#removed++;
    if (this.#removed > fewRemoved && this.#removed * 2 > this.#sorted.length) {
      this.#sorted = this.#sorted.filter((entry) => this.#bySequence.get(entry.sequence) === entry);
      this.#removed = 0;
    }
  }

  get(sequence: number): StoredMessage | undefined {
    return this.#bySequence.get(sequence);
  }

  /** Messages from a sequence number on, in order. */
  *from(sequence: number): Generator<StoredMessage, void, undefined> {
    const sorted = this.#sorted;
    for (let index = this.#lowerBound(sequence); index < sorted.length; index++) {
      const message = sorted[index];
      if (message !== undefined && this.#bySequence.get(message.sequence) === message) yield message;
    }
  }

  #lowerBound(sequence: number): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle]?.sequence ?? Infinity) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
