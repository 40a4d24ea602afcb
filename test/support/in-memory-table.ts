import type {
  KeyRange,
  Page,
  PartitionedTable,
  Row,
  Step,
  StoredRow,
  Transacted,
} from "../../shared/table/table-store.ts";

/**
 * A table in memory with the conditional operations of Table Storage: for protocol code that is checked step by step. What the real
 * service does is checked through the SDK, elsewhere. Each call takes effect at once, before its promise is returned.
 */
export class InMemoryTable implements PartitionedTable {
  readonly #rows = new Map<string, StoredRow>();
  #writes = 0;
  #transactions = 0;
  #answersToLose = 0;

  /** How many transactions were asked for. */
  get transactions(): number {
    return this.#transactions;
  }

  /** The answers of so many of the next transactions that are done do not arrive. */
  loseNextAnswers(count: number): void {
    this.#answersToLose = count;
  }

  /** How often a row was written or removed. */
  get writes(): number {
    return this.#writes;
  }

  async read(partitionKey: string, rowKey: string): Promise<StoredRow | undefined> {
    return this.peek(partitionKey, rowKey);
  }

  async insert(row: Row): Promise<string | undefined> {
    return this.#rows.has(keyOf(row)) ? undefined : this.#keep(row);
  }

  async replace(row: Row, etag: string): Promise<string | undefined> {
    return this.#rows.get(keyOf(row))?.etag === etag ? this.#keep(row) : undefined;
  }

  async remove(row: { partitionKey: string; rowKey: string }, etag: string): Promise<boolean> {
    if (this.#rows.get(keyOf(row))?.etag !== etag) return false;
    this.#writes += 1;
    return this.#rows.delete(keyOf(row));
  }

  async transact(steps: readonly Step[]): Promise<Transacted> {
    const failedAt = steps.findIndex((step) =>
      "insert" in step
        ? this.#rows.has(keyOf(step.insert))
        : this.#rows.get(keyOf(step.replace))?.etag !== step.etag,
    );
    this.#transactions += 1;
    if (failedAt !== -1) return { done: false, failedAt };
    const done = {
      done: true as const,
      etags: steps.map((step) => this.#keep("insert" in step ? step.insert : step.replace)),
    };
    if (this.#answersToLose === 0) return done;
    this.#answersToLose -= 1;
    // As the SDK does: it repeats what it has no answer to, and that finds the head changed.
    return { done: false, failedAt: 0 };
  }

  async range(partitionKey: string, { from, to, limit }: KeyRange): Promise<StoredRow[]> {
    const within = ({ rowKey = "" }: StoredRow) => rowKey >= from && rowKey < to;
    return this.rows(partitionKey).filter(within).slice(0, limit);
  }

  async partition(partitionKey: string): Promise<StoredRow[]> {
    return this.rows(partitionKey);
  }

  async everything(): Promise<StoredRow[]> {
    return this.rows();
  }

  async pageOfPartition(partitionKey: string, pageSize: number, after: string): Promise<Page> {
    const rest = this.rows(partitionKey).filter(({ rowKey }) => (rowKey ?? "") > after);
    return { rows: rest.slice(0, pageSize), hasMore: rest.length > pageSize };
  }

  /** The row as it is now, for a test to look at. */
  peek(partitionKey: string, rowKey: string): StoredRow | undefined {
    return this.#rows.get(keyOf({ partitionKey, rowKey }));
  }

  /** The rows of a partition, or of all, as they are now, by partition key and row key. */
  rows(partitionKey?: string): StoredRow[] {
    const found: [string, StoredRow][] = [];
    for (const entry of this.#rows)
      if (partitionKey === undefined || entry[1].partitionKey === partitionKey) found.push(entry);
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }

  #keep(row: Row): string {
    this.#writes += 1;
    const etag = `W/"${this.#writes}"`;
    const stored: StoredRow = { etag, timestamp };
    // As over the wire: what is undefined is not there.
    for (const [name, value] of Object.entries(row)) if (value !== undefined) stored[name] = value;
    // The same row is handed to every reader.
    this.#rows.set(keyOf(row), Object.freeze(stored));
    return etag;
  }
}

const timestamp = new Date(0).toISOString();

/** Sorts as the service does: by partition key, then by row key, by code unit. */
const keyOf = ({ partitionKey, rowKey }: { partitionKey: string; rowKey: string }): string =>
  `${partitionKey}\u0000${rowKey}`;
