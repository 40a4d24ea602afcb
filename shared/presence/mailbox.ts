import { createHash } from "node:crypto";
import { z } from "zod";
import { packText, unpackText } from "../table/long-text.ts";
import type { PartitionedTable, Row, Step, StoredRow } from "../table/table-store.ts";
import { headKey } from "./head.ts";
import { messageSchema, type Message } from "./message.ts";

/** Wide enough for every number that is counted exactly, so that keys sort as numbers do. */
const digits = 16;
const messagePrefix = "m";
/** Behind every message key. */
const messagesEnd = "n";
const keyPrefix = "k";
/** Behind every key. */
const keysEnd = "l";

/** A message in its place. */
export interface Kept {
  seq: number;
  message: Message;
}

/** What is kept of a request that had a key: enough to answer a repeat. */
export interface KeptKey {
  messageId: string;
  seq: number;
  digest: string;
}

/** A message that is to be appended, with the key of its sender's request if it has one. */
export interface Entry {
  message: Message;
  key: { hash: string; digest: string } | undefined;
}

/** The hash under which a sender's key is kept. */
export function keyHash(sender: string, key: string): string {
  return createHash("sha256")
    .update(JSON.stringify([sender, key]))
    .digest("hex")
    .slice(0, 32);
}

const keySchema = z.object({ messageId: z.string(), seq: z.number(), digest: z.string() });

/**
 * The rows of mailboxes: partition = session (or everyone), rows `head`, `m<seq>`, `k<hash>`. Only what is true of rows is known here; who
 * may write when is the appender's and the sessions' to know.
 */
export class Mailboxes {
  readonly table: PartitionedTable;

  constructor(table: PartitionedTable) {
    this.table = table;
  }

  async head(mailbox: string): Promise<StoredRow | undefined> {
    return await this.table.read(mailbox, headKey);
  }

  /** The kept answer to a request's key. */
  async key(mailbox: string, hash: string): Promise<KeptKey | undefined> {
    const stored = await this.table.read(mailbox, keyPrefix + hash);
    return stored && keySchema.parse(stored);
  }

  /** The message with this number, if it is there. */
  async message(mailbox: string, seq: number): Promise<Kept | undefined> {
    const stored = await this.table.read(mailbox, messageKey(seq));
    return stored && readMessage(stored);
  }

  /** Messages after a number, in order. */
  async after(mailbox: string, seq: number, limit: number): Promise<Kept[]> {
    const range = { from: messageKey(seq + 1), to: messagesEnd, limit };
    return (await this.table.range(mailbox, range)).map(readMessage);
  }

  /** The rows of up to so many messages before a number, the oldest first. */
  async rowsBefore(mailbox: string, seq: number, limit: number): Promise<StoredRow[]> {
    return await this.table.range(mailbox, { from: messageKey(0), to: messageKey(seq), limit });
  }

  /** The rows of up to so many keys. */
  async keyRows(mailbox: string, limit: number): Promise<StoredRow[]> {
    return await this.table.range(mailbox, { from: keyPrefix, to: keysEnd, limit });
  }

  /** Removes a row if it is still as it was read. */
  async removeAsRead({ partitionKey = "", rowKey = "", etag }: StoredRow): Promise<void> {
    await this.table.remove({ partitionKey, rowKey }, etag);
  }

  /** Forgets a request's key: a repeat would be a new message. */
  async removeKey(mailbox: string, hash: string): Promise<void> {
    const stored = await this.table.read(mailbox, keyPrefix + hash);
    if (stored) await this.table.remove({ partitionKey: mailbox, rowKey: keyPrefix + hash }, stored.etag);
  }
}

/** The rows that one append adds: each message in its place, and its key. */
export function toSteps(mailbox: string, next: number, entries: readonly Entry[]): Step[] {
  return entries.flatMap(({ message, key }, index): Step[] => {
    const seq = next + index;
    const row: Row = {
      partitionKey: mailbox,
      rowKey: messageKey(seq),
      seq,
      key: key?.hash,
      ...packText("message", JSON.stringify(message)),
    };
    if (!key) return [{ insert: row }];
    const { hash, digest } = key;
    const keyRow: Row = {
      partitionKey: mailbox,
      rowKey: keyPrefix + hash,
      messageId: message.id,
      seq,
      digest,
    };
    return [{ insert: row }, { insert: keyRow }];
  });
}

function messageKey(seq: number): string {
  return messagePrefix + String(seq).padStart(digits, "0");
}

/** Reads a message as the table holds it. */
export function readMessage(stored: StoredRow): Kept {
  const message = messageSchema.parse(JSON.parse(unpackText("message", stored)));
  return { seq: Number(stored["seq"]), message };
}
