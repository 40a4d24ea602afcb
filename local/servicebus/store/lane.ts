import { Heap } from "heap-js";
import type { StoredMessage } from "./message.ts";

/** Below this many used-up places the array of arrivals is not worth cutting. */
const fewUsed = 256;

/**
 * Messages that wait for a consumer, in order of arrival.
 *
 * New ones join at the end of an array; those that come back after an abandon or a lost lock go to a heap. Whichever
 * of the two heads is older is next, so redelivery keeps the order. A message that expires while it waits only loses its
 * `waiting` flag; its place is skipped or cut out later.
 */
export class Lane {
  #arrived: StoredMessage[] = [];
  #head = 0;
  #returned = new Heap<StoredMessage>((a, b) => a.order - b.order);
  #size = 0;

  /** How many messages wait. */
  get size(): number {
    return this.#size;
  }

  push(message: StoredMessage): void {
    message.waiting = true;
    this.#size++;
    this.#arrived.push(message);
  }

  giveBack(message: StoredMessage): void {
    message.waiting = true;
    this.#size++;
    this.#returned.push(message);
  }

  take(): StoredMessage | undefined {
    this.#skipStale();
    const arrived = this.#arrived[this.#head];
    const returned = this.#returned.peek();
    let message = arrived;
    if (returned !== undefined && (arrived === undefined || returned.order < arrived.order)) {
      message = returned;
      this.#returned.pop();
    } else if (arrived !== undefined) {
      this.#head++;
      this.#cutUsed();
    }
    if (message === undefined) return undefined;
    message.waiting = false;
    this.#size--;
    return message;
  }

  /** Takes out a message that waits somewhere in the lane. */
  remove(message: StoredMessage): void {
    if (!message.waiting) return;
    message.waiting = false;
    this.#size--;
    this.#skipStale();
    if (this.#arrived.length - this.#head > 2 * this.#size + fewUsed) this.#compact();
    if (this.#returned.length > 2 * this.#size + fewUsed) {
      this.#returned.init(this.#returned.toArray().filter((entry) => entry.waiting));
    }
  }

  #skipStale(): void {
    while (this.#head < this.#arrived.length && !this.#arrived[this.#head]?.waiting) this.#head++;
    this.#cutUsed();
    for (let top = this.#returned.peek(); top !== undefined && !top.waiting; top = this.#returned.peek()) {
      this.#returned.pop();
    }
  }

  #cutUsed(): void {
    if (this.#head === this.#arrived.length) {
      this.#arrived = [];
      this.#head = 0;
    } else if (this.#head > fewUsed && this.#head * 2 > this.#arrived.length) {
      this.#arrived = this.#arrived.slice(this.#head);
      this.#head = 0;
    }
  }

  #compact(): void {
    this.#arrived = this.#arrived.slice(this.#head).filter((entry) => entry.waiting);
    this.#head = 0;
  }
}
