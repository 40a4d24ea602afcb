import type { StoredRow } from "../table/table-store.ts";
import type { Kept, Mailboxes } from "./mailbox.ts";

/** Messages that are read ahead of a slow client. */
const pageSize = 100;
const maxAhead = 500;

/**
 * The messages of one mailbox for one stream, in order, each once, from a cursor on.
 *
 * What is told with a nudge waits in memory and goes out as soon as it is the next one; on a gap, and when nobody has told anything for a
 * while, the table is read. So a lost, repeated or reordered nudge is a delay at most.
 */
export class Outflow {
  readonly #mailboxes: Mailboxes;
  readonly #mailbox: string;
  readonly #onHead: (stored: StoredRow) => void;
  #seq: number;
  /** The highest number that is known to be taken. */
  #told: number;
  #mustLook = true;
  readonly #ahead = new Map<number, Kept>();

  /** `onHead` is told of the mailbox's head whenever it is read. */
  constructor(
    mailboxes: Mailboxes,
    mailbox: string,
    seq: number,
    onHead: (stored: StoredRow) => void = () => undefined,
  ) {
    this.#mailboxes = mailboxes;
    this.#mailbox = mailbox;
    this.#onHead = onHead;
    this.#seq = seq;
    this.#told = seq;
  }

  /** The last one that was handed out. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether `next` has something to do. */
  get hasWork(): boolean {
    return this.#mustLook || this.#told > this.#seq;
  }

  /** Takes what a nudge says: that this message is there, perhaps with the message. */
  tell(seq: number, kept?: Kept): void {
    this.#told = Math.max(this.#told, seq);
    if (kept && seq > this.#seq && this.#ahead.size < maxAhead) this.#ahead.set(seq, kept);
  }

  /** Looks into the table with the next call of `next`, whether or not anything was told. */
  lookAgain(): void {
    this.#mustLook = true;
  }

  /** The next message; or that messages are gone; or undefined when there is nothing after the cursor. One table call to find nothing, else at most three. */
  async next(): Promise<Kept | { goneTo: number } | undefined> {
    const ready = this.#takeAhead();
    if (ready) return ready;
    if (!this.hasWork) return undefined;
    const known = this.#told;
    const mustOnlyLook = known <= this.#seq;
    this.#mustLook = false;
    // Mostly there is nothing to be found; the head alone says so, and a read of one row is cheaper than of a range.
    if (mustOnlyLook && !(await this.#isBehind())) return undefined;
    const page = await this.#mailboxes.after(this.#mailbox, this.#seq, pageSize);
    for (const kept of page) this.#ahead.set(kept.seq, kept);
    const [first] = page;
    // A full page means that there is more behind it.
    if (page.length === pageSize) this.#told = Math.max(this.#told, (page.at(-1)?.seq ?? 0) + 1);
    if (first && first.seq > this.#seq + 1) return this.#skipTo(first.seq - 1);
    if (first) {
      this.#told = Math.max(this.#told, page.at(-1)?.seq ?? 0);
      return this.#takeAhead();
    }
    return await this.#skipWhatIsGone(known);
  }

  /** Whether the mailbox has or had messages after the cursor. */
  async #isBehind(): Promise<boolean> {
    const stored = await this.#mailboxes.head(this.#mailbox);
    if (stored) this.#onHead(stored);
    return Number(stored?.["next"] ?? 1) > this.#seq + 1;
  }

  /** Nothing is after the cursor: either there is nothing yet, or all of it has been trimmed. */
  async #skipWhatIsGone(known: number): Promise<{ goneTo: number } | undefined> {
    const stored = await this.#mailboxes.head(this.#mailbox);
    if (stored) this.#onHead(stored);
    const first = Number(stored?.["first"] ?? 1);
    if (first > this.#seq + 1) return this.#skipTo(first - 1);
    if (this.#told === known) this.#told = this.#seq;
    return undefined;
  }

  #takeAhead(): Kept | undefined {
    const kept = this.#ahead.get(this.#seq + 1);
    if (!kept) return undefined;
    this.#ahead.delete(kept.seq);
    this.#seq = kept.seq;
    return kept;
  }

  #skipTo(seq: number): { goneTo: number } {
    this.#seq = seq;
    for (const ahead of this.#ahead.keys()) if (ahead <= seq) this.#ahead.delete(ahead);
    return { goneTo: seq };
  }
}
