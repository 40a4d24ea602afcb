import { createHash } from "node:crypto";
import { z } from "zod";
import type { Table } from "../../table/table-store.ts";
import { partitions } from "./keys.ts";
import { repositoryLimits as limits } from "./limits.ts";

/** A table that an instance was told to serve and could not. */
export interface LoadFailure {
  at: string;
  instance: string;
  table: string;
  /** What was to serve. */
  wanted: string;
  /** What serves instead. */
  serving: string;
  /** The command that asked for it, 0 at boot. */
  revision: number;
  reason: string;
}

const storedSchema = z.object({
  at: z.string(),
  instance: z.string(),
  table: z.string(),
  wanted: z.string(),
  serving: z.string(),
  revision: z.number(),
  reason: z.string(),
});

const lastMs = 9_999_999_999_999;

/** Failed loads of each table, the newest first. */
export class LoadFailures {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Writes one down, and takes the oldest away when there are too many. Two table calls. */
  async add(failure: LoadFailure): Promise<void> {
    const partitionKey = partitions.eventsOf(failure.table);
    const newestFirst = String(lastMs - Date.parse(failure.at)).padStart(13, "0");
    // Its key is what it says: written again because the answer got lost, it is there once.
    const hash = createHash("sha256").update(JSON.stringify(failure)).digest("hex").slice(0, 16);
    await this.#table.insert({ partitionKey, rowKey: `${newestFirst}.${hash}`, ...failure });
    const rows = await this.#table.partition(partitionKey);
    for (const { rowKey = "", etag } of rows.slice(limits.maxEvents))
      await this.#table.remove({ partitionKey, rowKey }, etag);
  }

  /** The newest. One table call. */
  async newest(table: string, limit: number): Promise<LoadFailure[]> {
    const { rows } = await this.#table.pageOfPartition(partitions.eventsOf(table), limit, "");
    return rows.map((row) => storedSchema.parse(row));
  }
}
