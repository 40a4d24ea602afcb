import type { CounterName } from "./counter-name.ts";
import type { Counters, NextOptions } from "./counters.ts";
import type { Reading, Taken } from "./request.ts";
import { shareCounters, type WebCounterOptions } from "./shared-counters.ts";

export { Problem } from "../kernel/problem.ts";
export type { NextOptions, Reading, Taken, WebCounterOptions };

/**
 * A sequence over all processes that name the same counter, with nothing but a Service Bus connection string:
 *
 *     await using orders = new WebCounter(connectionString, "shop", "orders");
 *     const { value } = await orders.getNext();
 *
 * The queue of the counters is made if it is absent and the connection has the right to manage. All counters of a process over one
 * connection string share one AMQP connection.
 */
export class WebCounter implements AsyncDisposable {
  readonly #name: CounterName;
  readonly #counters: Counters;
  readonly #leave: () => Promise<void>;

  constructor(connection: string, contextName: string, counterName: string, options: WebCounterOptions = {}) {
    this.#name = { context: contextName, counter: counterName };
    const { counters, leave } = shareCounters(connection, options);
    this.#counters = counters;
    this.#leave = leave;
  }

  /**
   * The next number, or the next `count` one after the other. Throws Problem; its `kind` says what was wrong, and whether something may
   * have been taken: `outcome-unknown` alone leaves that open.
   */
  async getNext(count = 1, options: Omit<NextOptions, "count"> = {}): Promise<Taken> {
    return await this.#counters.next(this.#name, { ...options, count });
  }

  /** Makes the next number one more than this value, in a new epoch. */
  async resetValue(value: bigint | number, key?: string): Promise<Reading> {
    return await this.#counters.reset(this.#name, BigInt(value), key);
  }

  /** The last number that was taken, and the epoch; undefined for a counter that was never used. */
  async current(): Promise<Reading | undefined> {
    return await this.#counters.current(this.#name);
  }

  /** Waits for what has been asked for. The connection closes with the last counter that uses it. Idempotent. */
  async close(): Promise<void> {
    await this.#leave();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
