import {
  odata,
  RestError,
  TableClient,
  type TableEntityResult,
  type TransactionAction,
} from "@azure/data-tables";

/** A row as it is written: its keys and flat properties. */
export type Row = { partitionKey: string; rowKey: string } & Record<
  string,
  string | number | boolean | Uint8Array | undefined
>;

/** A row as it was read, with the ETag that a later replace or remove is conditional on. */
export type StoredRow = TableEntityResult<Record<string, unknown>>;

/** One page of a listing, and whether there are rows behind it. */
export interface Page {
  rows: StoredRow[];
  hasMore: boolean;
}

/** Rows of a partition with `from` <= row key < `to`, in order, at most `limit`. */
export interface KeyRange {
  from: string;
  to: string;
  limit: number;
}

/** One write of a transaction. */
export type Step = { insert: Row } | { replace: Row; etag: string };

/** A transaction that was done, with the new ETag of each row; or was not, because the condition of one step did not hold. */
export type Transacted = { done: true; etags: string[] } | { done: false; failedAt: number };

/** What the slices ask of a table; TableStore is it over Table Storage. */
export interface Table {
  read(partitionKey: string, rowKey: string): Promise<StoredRow | undefined>;
  insert(row: Row): Promise<string | undefined>;
  replace(row: Row, etag: string): Promise<string | undefined>;
  remove(row: { partitionKey: string; rowKey: string }, etag: string): Promise<boolean>;
  partition(partitionKey: string): Promise<StoredRow[]>;
  everything(): Promise<StoredRow[]>;
  pageOfPartition(partitionKey: string, pageSize: number, after: string): Promise<Page>;
}

/** A table whose partitions are written as a whole and read in parts. */
export interface PartitionedTable extends Table {
  transact(steps: readonly Step[]): Promise<Transacted>;
  range(partitionKey: string, range: KeyRange): Promise<StoredRow[]>;
}

/**
 * One table, reduced to the conditional operations that the protocols here are made of. A condition that does not hold is an
 * answer, not an error; everything else (unreachable, throttled, forbidden) throws the SDK's RestError.
 *
 * The SDK repeats a request whose answer was lost, so `false` or `undefined` can also mean "my own earlier attempt did it":
 * callers read again and recognise their own write by its content.
 */
export class TableStore implements PartitionedTable {
  readonly #client: TableClient;

  constructor(client: TableClient) {
    this.#client = client;
  }

  /** Creates the table unless it exists. */
  async ensure(): Promise<void> {
    await this.#client.createTable();
  }

  async read(partitionKey: string, rowKey: string): Promise<StoredRow | undefined> {
    return await unless(404, () => this.#client.getEntity(partitionKey, rowKey));
  }

  /** Inserts if absent. Returns the new row's ETag, or undefined when a row with these keys exists. */
  async insert(row: Row): Promise<string | undefined> {
    const answer = await unless(409, () => this.#client.createEntity(row));
    return answer && etagOf(answer);
  }

  /** Replaces the row if its ETag is still this one. Returns the new ETag, or undefined when the row has changed or is gone. */
  async replace(row: Row, etag: string): Promise<string | undefined> {
    const answer = await unless([404, 412], () => this.#client.updateEntity(row, "Replace", { etag }));
    return answer && etagOf(answer);
  }

  /** Removes the row if its ETag is still this one. Returns whether it did. */
  async remove(row: { partitionKey: string; rowKey: string }, etag: string): Promise<boolean> {
    const answer = await unless([404, 412], () =>
      this.#client.deleteEntity(row.partitionKey, row.rowKey, { etag }),
    );
    return answer !== undefined;
  }

  /** Writes up to 100 rows of one partition, all or none. One call. */
  async transact(steps: readonly Step[]): Promise<Transacted> {
    try {
      const { subResponses } = await this.#client.submitTransaction(steps.map(toAction));
      return { done: true, etags: subResponses.map(etagOf) };
    } catch (error) {
      const failedAt = failedStep(error);
      if (failedAt === undefined) throw error;
      return { done: false, failedAt };
    }
  }

  /** A range of a partition. One call, and another for each 1,000 rows. */
  async range(partitionKey: string, { from, to, limit }: KeyRange): Promise<StoredRow[]> {
    const filter = odata`PartitionKey eq ${partitionKey} and RowKey ge ${from} and RowKey lt ${to}`;
    const rows: StoredRow[] = [];
    const pages = this.#client
      .listEntities({ queryOptions: { filter } })
      .byPage({ maxPageSize: Math.min(limit, 1_000) });
    for await (const page of pages) {
      rows.push(...page.slice(0, limit - rows.length));
      if (rows.length === limit) break;
    }
    return rows;
  }

  /** All rows of a partition, in the order of their keys. */
  async partition(partitionKey: string): Promise<StoredRow[]> {
    return await this.#all(odata`PartitionKey eq ${partitionKey}`);
  }

  /** All rows of the table. For small tables only. */
  async everything(): Promise<StoredRow[]> {
    return await this.#all(undefined);
  }

  /**
   * One page of the rows that nobody has written since `before`, by the service's own clock, whatever their partitions: their keys and ETags.
   * `from` is the `next` of the page before. One call, which looks through rows until it has a page or has looked for long enough: a page may be
   * empty although more follow.
   */
  async pageOfOld(
    before: Date,
    pageSize: number,
    from?: string,
  ): Promise<{ rows: StoredRow[]; next: string | undefined }> {
    const queryOptions = { filter: odata`Timestamp lt ${before}`, select: ["PartitionKey", "RowKey"] };
    const pages = this.#client
      .listEntities({ queryOptions })
      .byPage({ maxPageSize: pageSize, ...(from === undefined ? {} : { continuationToken: from }) });
    for await (const page of pages) return { rows: [...page], next: page.continuationToken };
    return { rows: [], next: undefined };
  }

  /** One page of a partition, in the order of its keys: rows whose key is greater than `after`. */
  async pageOfPartition(partitionKey: string, pageSize: number, after: string): Promise<Page> {
    const filter = odata`PartitionKey eq ${partitionKey} and RowKey gt ${after}`;
    const pages = this.#client.listEntities({ queryOptions: { filter } }).byPage({ maxPageSize: pageSize });
    for await (const page of pages) {
      const hasMore = page.continuationToken !== undefined;
      // The service may answer with a page that holds nothing yet.
      if (page.length > 0 || !hasMore) return { rows: [...page], hasMore };
    }
    return { rows: [], hasMore: false };
  }

  async #all(filter: string | undefined): Promise<StoredRow[]> {
    const rows: StoredRow[] = [];
    const listing = this.#client.listEntities(filter ? { queryOptions: { filter } } : {});
    for await (const row of listing) rows.push(row);
    return rows;
  }
}

/** A row as it was read, to be written back with changes: without what the service adds to it. */
export function toRow(
  stored: StoredRow,
  changes: Readonly<Record<string, string | number | boolean | undefined>>,
): Row {
  const row: Row = { partitionKey: stored.partitionKey ?? "", rowKey: stored.rowKey ?? "" };
  for (const [name, value] of Object.entries(stored)) {
    if (name === "etag" || name === "timestamp" || name.startsWith("odata")) continue;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      row[name] = value;
  }
  return { ...row, ...changes };
}

async function unless<T>(status: number | number[], act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof RestError && [status].flat().includes(error.statusCode ?? 0)) return undefined;
    throw error;
  }
}

function toAction(step: Step): TransactionAction {
  return "insert" in step
    ? ["create", step.insert]
    : ["update", step.replace, "Replace", { etag: step.etag }];
}

const conditionStatuses = new Set([404, 409, 412]);

/** Which step of a transaction failed by its condition: the service begins its message with the number. Undefined for other errors. */
function failedStep(error: unknown): number | undefined {
  if (!(error instanceof RestError) || !conditionStatuses.has(error.statusCode ?? 0)) return undefined;
  const number = /^(\d+):/.exec(error.message)?.[1];
  // Without a number there was one step.
  return number === undefined ? 0 : Number(number);
}

function etagOf(answer: { etag?: string }): string {
  if (!answer.etag) throw new Error("Table Storage answered a write without an ETag");
  return answer.etag;
}
