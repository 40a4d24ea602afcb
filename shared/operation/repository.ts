import type { Table } from "../table/table-store.ts";
import { answerFromRow, answerRowKey, answerToRow, type Answer } from "./answer.ts";
import { headerFromRow, headerRowKey, headerToRow, type Header } from "./header.ts";

/** An operation as it was read: with the ETag that the next swap of its header is conditional on. */
export interface StoredOperation {
  header: Header;
  etag: string;
  answers: Map<string, Answer>;
}

/** The partition of one operation in `Operations`: its header and a row per target that was answered for. */
export class OperationRepository {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Reads header and answers with one query of the partition. */
  async read(operation: string): Promise<StoredOperation | undefined> {
    const rows = await this.#table.partition(operation);
    const stored = rows.find((row) => row.rowKey === headerRowKey);
    if (!stored) return undefined;
    const answers = rows.map(answerFromRow).filter((answer) => answer !== undefined);
    return { header: headerFromRow(stored), etag: stored.etag, answers: new Map(answers) };
  }

  /** Reads the header alone. */
  async header(operation: string): Promise<{ header: Header; etag: string } | undefined> {
    const stored = await this.#table.read(operation, headerRowKey);
    return stored && { header: headerFromRow(stored), etag: stored.etag };
  }

  /** Inserts the header if the operation is new. */
  async insert(header: Header): Promise<void> {
    await this.#table.insert(headerToRow(header));
  }

  /** Replaces the header if nobody else has since it was read; returns whether it did. */
  async swap(header: Header, etag: string): Promise<boolean> {
    return (await this.#table.replace(headerToRow(header), etag)) !== undefined;
  }

  /** Answers for a target, once; returns whether this was the first answer. */
  async answer(operation: string, instance: string, answer: Answer): Promise<boolean> {
    return (await this.#table.insert(answerToRow(operation, instance, answer))) !== undefined;
  }

  async answerOf(operation: string, instance: string): Promise<Answer | undefined> {
    const stored = await this.#table.read(operation, answerRowKey(instance));
    return stored && answerFromRow(stored)?.[1];
  }

  /** Adds a failure to the answer that the target itself gave. */
  async failAnswer(operation: string, instance: string, incarnation: string, failure: string): Promise<void> {
    const stored = await this.#table.read(operation, answerRowKey(instance));
    const answer = stored && answerFromRow(stored)?.[1];
    if (!stored || answer?.incarnation !== incarnation) return;
    await this.#table.replace(answerToRow(operation, instance, { ...answer, failure }), stored.etag);
  }

  /** Deletes all rows of an operation, header last, so that an interrupted deletion is found and finished. */
  async delete(operation: string): Promise<void> {
    const rows = await this.#table.partition(operation);
    const headerLast = rows.sort(
      (a, b) => Number(a.rowKey === headerRowKey) - Number(b.rowKey === headerRowKey),
    );
    for (const row of headerLast) {
      await this.#table.remove({ partitionKey: operation, rowKey: row.rowKey ?? "" }, row.etag);
    }
  }
}
