import { z } from "zod";
import type { Clock } from "../kernel/clock.ts";
import { withJitter } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import { Problem } from "../kernel/problem.ts";
import { toRow, type StoredRow } from "../table/table-store.ts";
import { presenceLimits } from "./limits.ts";
import { toSteps, type Entry, type Mailboxes } from "./mailbox.ts";

/** A transaction has 100 rows: the head, and two for each message. */
const maxEntries = 49;
/** A transaction has 4 MB on the wire; JSON in JSON takes up to twice its length. */
const maxBatchChars = 1_000_000;

const maxRounds = 60;
const firstDelayMs = 5;
const maxDelayMs = 250;

/** What became of an append. */
export interface Appended {
  messageId: string;
  seq: number;
  /** The request's key was used before: this is the answer it got. */
  isRepeated: boolean;
}

interface Waiting {
  entry: Entry;
  resolve: (appended: Appended) => void;
  reject: (error: unknown) => void;
}

/** As much of a mailbox's head as appending needs; the everyone-mailbox has no more. */
const boxSchema = z.object({
  first: z.number(),
  next: z.number(),
  closedReason: z.string().optional(),
});

export interface AppenderParts {
  mailboxes: Mailboxes;
  clock: Clock;
  faults: FaultPoints;
}

/**
 * Appends messages to one mailbox. At most one transaction is in flight; what arrives meanwhile goes together in the next one.
 *
 * One transaction replaces the head (next + n, If-Match) and inserts the messages and their keys: so messages have no gaps, a key is used
 * once, and a reader that sees a message sees all before it. When it fails
 * - at the head: another appended, trimmed, changed or moved the session; or it was our own transaction whose answer was lost. The row
 *   in our first message's place tells which: it carries our message's id, and then all of them are there. Else again from the read;
 * - at a key: that request was answered before. It gets that answer (or a problem, if it was another request) and leaves the batch.
 */
export class Appender {
  readonly #mailbox: string;
  readonly #parts: AppenderParts;
  #head: StoredRow | undefined;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(mailbox: string, parts: AppenderParts) {
    this.#mailbox = mailbox;
    this.#parts = parts;
  }

  /** Whether nothing is waiting or in flight. */
  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** The head as it was last read or written here; it may have changed since. */
  get lastHead(): StoredRow | undefined {
    return this.#head;
  }

  /**
   * Settles when the message is kept. Throws Problem: `unknown-session`, `session-closed`, `mailbox-full`, `key-reused`.
   * Costs one transaction, shared by what is appended together; after a conflict two reads and another transaction.
   */
  append(entry: Entry): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#running ??= this.#run().finally(() => (this.#running = undefined));
    });
  }

  async #run(): Promise<void> {
    // What was asked for in the same turn of the event loop goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#take();
      try {
        await this.#appendAll(batch);
      } catch (error) {
        this.#head = undefined;
        for (const { reject } of batch) reject(error);
      }
    }
  }

  /** As many as go into one transaction, each key once. */
  #take(): Waiting[] {
    const batch: Waiting[] = [];
    const keys = new Set<string>();
    let chars = 0;
    while (batch.length < maxEntries) {
      const next = this.#waiting[0];
      if (!next) break;
      const { message, key } = next.entry;
      chars += JSON.stringify(message).length;
      if (batch.length > 0 && chars > maxBatchChars) break;
      if (key && keys.has(key.hash)) break;
      if (key) keys.add(key.hash);
      batch.push(next);
      this.#waiting.shift();
    }
    return batch;
  }

  async #appendAll(all: Waiting[]): Promise<void> {
    const { clock } = this.#parts;
    let batch = all;
    for (let round = 0; batch.length > 0; round += 1) {
      if (round === maxRounds)
        throw new Problem("unavailable", "The mailbox is being written to by too many at once", {
          retryAfterSeconds: 1,
        });
      if (round > 1) await clock.delay(withJitter(Math.min(maxDelayMs, firstDelayMs * 2 ** round)));
      const head = (this.#head ??= await this.#read());
      const box = boxSchema.parse(head);
      batch = await this.#refuse(batch, box);
      if (batch.length === 0) return;
      await this.#parts.faults.reach("append-head-read");
      batch = await this.#attempt(batch, head, box.next);
    }
  }

  /** One transaction; returns what is still to be appended. */
  async #attempt(batch: Waiting[], head: StoredRow, next: number): Promise<Waiting[]> {
    const { mailboxes, faults } = this.#parts;
    const row = toRow(head, { next: next + batch.length });
    const entries = batch.map(({ entry }) => entry);
    const result = await mailboxes.table.transact([
      { replace: row, etag: head.etag },
      ...toSteps(this.#mailbox, next, entries),
    ]);
    await faults.reach("append-committed");
    if (result.done) {
      const [etag = ""] = result.etags;
      this.#head = { ...head, next: next + batch.length, etag };
      answerAll(batch, next);
      return [];
    }
    if (result.failedAt > 0) return await this.#answerRepeated(batch, result.failedAt);
    this.#head = undefined;
    const present = await mailboxes.message(this.#mailbox, next);
    if (present?.message.id !== entries[0]?.message.id) return batch;
    answerAll(batch, next);
    return [];
  }

  async #read(): Promise<StoredRow> {
    const stored = await this.#parts.mailboxes.head(this.#mailbox);
    if (!stored) throw new Problem("unknown-session", `There is no session ${this.#mailbox}`);
    return stored;
  }

  /** Takes out what the mailbox cannot take; repeats of earlier requests get their answer even then. */
  async #refuse(batch: Waiting[], box: z.infer<typeof boxSchema>): Promise<Waiting[]> {
    const room = presenceLimits.maxWaiting - (box.next - box.first);
    const fits = box.closedReason === undefined ? Math.max(0, room) : 0;
    for (const waiting of batch.slice(fits)) {
      if (await this.#answerKnown(waiting)) continue;
      waiting.reject(
        box.closedReason === undefined
          ? new Problem(
              "mailbox-full",
              `${presenceLimits.maxWaiting} messages wait for session ${this.#mailbox}; none is taken until it has acknowledged some`,
              { retryAfterSeconds: 5 },
            )
          : new Problem("session-closed", `Session ${this.#mailbox} has ended: ${box.closedReason}`),
      );
    }
    return batch.slice(0, fits);
  }

  async #answerRepeated(batch: Waiting[], failedAt: number): Promise<Waiting[]> {
    const index = indexOfStep(batch, failedAt);
    const repeated = batch[index];
    if (!repeated || !(await this.#answerKnown(repeated))) {
      throw new Error(`Appending to ${this.#mailbox} failed at row ${failedAt}, which is not a key`);
    }
    return batch.toSpliced(index, 1);
  }

  /** Answers a request whose key is kept. Returns whether it was. */
  async #answerKnown({ entry: { key }, resolve, reject }: Waiting): Promise<boolean> {
    const kept = key && (await this.#parts.mailboxes.key(this.#mailbox, key.hash));
    if (!key || !kept) return false;
    if (kept.digest === key.digest) resolve({ messageId: kept.messageId, seq: kept.seq, isRepeated: true });
    else reject(new Problem("key-reused", "The Idempotency-Key was used before with another message"));
    return true;
  }
}

function answerAll(batch: readonly Waiting[], next: number): void {
  for (const [index, { entry, resolve }] of batch.entries()) {
    resolve({ messageId: entry.message.id, seq: next + index, isRepeated: false });
  }
}

/** Which entry a step of the transaction belongs to; step 0 is the head. */
function indexOfStep(batch: readonly Waiting[], step: number): number {
  let first = 1;
  return batch.findIndex(({ entry }) => {
    first += entry.key ? 2 : 1;
    return step < first;
  });
}
