import { reasonOf } from "../kernel/log.ts";
import type { Table } from "../table/table-store.ts";
import { encodeName, sessionIdOf, type CounterName } from "./counter-name.ts";
import { counterLimits } from "./limits.ts";
import type { CounterLog } from "./log.ts";

/** Counters of one page, and from where to go on. */
export interface CounterPage {
  counters: CounterName[];
  continuationToken?: string;
}

/**
 * The names of the counters that were used, so that they can be listed: a session cannot be looked for by its state. No counter rests
 * on it: it is written after a counter's first use by this process, and a name that could not be written is written with the next use.
 */
export class CounterList {
  readonly #table: Table;
  readonly #log: CounterLog;
  readonly #known = new Set<string>();
  readonly #writing = new Map<string, Promise<void>>();

  constructor(table: Table, log: CounterLog) {
    this.#table = table;
    this.#log = log;
  }

  /** Notes that the counter was used. Returns at once; one table call for each counter and process. */
  note(name: CounterName): void {
    const id = sessionIdOf(name);
    if (this.#known.has(id) || this.#writing.has(id)) return;
    this.#writing.set(
      id,
      this.#write(id, name).finally(() => this.#writing.delete(id)),
    );
  }

  /** Settles when everything that was noted is written, or could not be. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  /** By context and name, in the order of their codes. One table call for each 1,000 counters there are. */
  async page(pageSize: number, after: string): Promise<CounterPage> {
    const rows = await this.#table.everything();
    const all = rows
      .map((row) => ({ context: String(row["context"]), counter: String(row["counter"]) }))
      .map((name) => ({ name, id: sessionIdOf(name) }))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .filter(({ id }) => id > after);
    const page = all.slice(0, pageSize);
    const last = page.at(-1);
    return {
      counters: page.map(({ name }) => name),
      ...(all.length > pageSize && last ? { continuationToken: last.id } : {}),
    };
  }

  async #write(id: string, { context, counter }: CounterName): Promise<void> {
    try {
      await this.#table.insert({
        partitionKey: encodeName("context", context),
        rowKey: encodeName("counter", counter),
        context,
        counter,
      });
      // A process that uses more counters than it remembers writes some names again.
      if (this.#known.size >= counterLimits.maxCounters) this.#known.clear();
      this.#known.add(id);
    } catch (error) {
      this.#log.notListed(id, reasonOf(error));
    }
  }
}
