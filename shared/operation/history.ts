import { z } from "zod";
import type { Table } from "../table/table-store.ts";
import { hasEnded, type Header } from "./header.ts";
import type { OperationRepository } from "./repository.ts";

const partition = "history";

/** How many operations are kept; the oldest ended ones beyond that are deleted when a new one begins. */
export const keptOperations = 500;

/** Later than any time we will see; subtracting from it makes the newest operation sort first. */
const endOfTimeMs = 9_999_999_999_999;

/** What `page` gives out as a continuation token. */
export const continuationTokenSchema = z.string().regex(/^[0-9]{13}:[0-9a-f]{32}$/, {
  error: "must be the continuationToken of an earlier page",
});

/** All operations, newest first. */
export class History {
  readonly #table: Table;
  readonly #operations: OperationRepository;

  constructor(table: Table, operations: OperationRepository) {
    this.#table = table;
    this.#operations = operations;
  }

  async add({ id, createdAt }: Header): Promise<void> {
    const newestFirst = String(endOfTimeMs - Date.parse(createdAt)).padStart(13, "0");
    await this.#table.insert({ partitionKey: partition, rowKey: `${newestFirst}:${id}`, operation: id });
  }

  /** One page of operation ids; the token is the place of the last one in the list. */
  async page(
    size: number,
    continuationToken = "",
  ): Promise<{ ids: string[]; continuationToken: string | undefined }> {
    const { rows, hasMore } = await this.#table.pageOfPartition(partition, size, continuationToken);
    return {
      ids: rows.map(({ operation }) => String(operation)),
      continuationToken: hasMore ? rows.at(-1)?.rowKey : undefined,
    };
  }

  /** Deletes the oldest ended operations beyond the number that is kept. What fails is told, and tried again at the next occasion. */
  async prune(failed: (operation: string, error: unknown) => void): Promise<void> {
    const rows = await this.#table.partition(partition);
    for (const row of rows.slice(keptOperations)) {
      const id = String(row["operation"]);
      try {
        const stored = await this.#operations.header(id);
        if (stored && !hasEnded(stored.header)) continue;
        await this.#operations.delete(id);
        await this.#table.remove({ partitionKey: partition, rowKey: row.rowKey ?? "" }, row.etag);
      } catch (error) {
        // The request that is being taken has nothing to do with this one.
        failed(id, error);
      }
    }
  }
}
