import type { StoredRow } from "../table/table-store.ts";
import type { Clock } from "../kernel/clock.ts";
import { withJitter } from "../kernel/clock.ts";
import type { Cursor } from "./cursor.ts";
import { toCursorText } from "./cursor.ts";
import type { Kept, Mailboxes } from "./mailbox.ts";
import { Outflow } from "./outflow.ts";
import { encodeEvent, heartbeatComment, type StreamEvent } from "./stream-event.ts";

/** Well inside the 230 s after which the platform's front end cuts a connection that is idle. */
const heartbeatMs = 20_000;
/** How long a nudge that was lost may delay a message. */
const lookMs = 10_000;
/** A stream ends by itself and its client comes back: one whose client has gone unnoticed must not live for ever. */
const lifeMs = 240_000;
/** News of the client list that wait for a slow client; beyond that it gets a new snapshot instead. */
const maxNews = 1_000;

/** The partition of messages to everyone. */
export const everyone = "*";

export interface StreamParts {
  session: string;
  /** Where the client is; messages go on from there. */
  cursor: Cursor;
  mailboxes: Mailboxes;
  /** The client list as it is now, encoded. */
  snapshot: () => string;
  /** The session's head was read: what it says may be news. */
  onHead?: (stored: StoredRow) => void;
  onEnd: () => void;
  clock: Clock;
}

/**
 * One client's stream of server-sent events: a snapshot of the client list, then its changes and the session's messages. Nothing is
 * produced before the client has room for it.
 */
export class SessionStream {
  readonly session: string;
  readonly body: ReadableStream<Uint8Array>;
  readonly #parts: StreamParts;
  readonly #own: Outflow;
  readonly #broadcast: Outflow;
  readonly #encoder = new TextEncoder();
  readonly #stopped = new AbortController();
  #news: string[];
  #final: StreamEvent | undefined;
  #wake: () => void = () => undefined;
  #lookAtMs: number;
  #beatAtMs: number;
  readonly #endAtMs: number;

  constructor(parts: StreamParts) {
    const { session, cursor, mailboxes, clock, snapshot } = parts;
    this.#parts = parts;
    this.session = session;
    this.#own = new Outflow(mailboxes, session, cursor.seq, parts.onHead);
    this.#broadcast = new Outflow(mailboxes, everyone, cursor.broadcast);
    this.#news = [snapshot()];
    const now = clock.monotonicMs();
    this.#lookAtMs = now + withJitter(lookMs);
    this.#beatAtMs = now + heartbeatMs;
    this.#endAtMs = now + withJitter(lifeMs);
    this.body = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#produceOrEnd(controller), cancel: () => this.#stop() },
      { highWaterMark: 1 },
    );
  }

  /** How far this stream has got. */
  get cursor(): Cursor {
    return { seq: this.#own.seq, broadcast: this.#broadcast.seq };
  }

  /** There is a message for this session. */
  tell(seq: number, kept?: Kept): void {
    this.#own.tell(seq, kept);
    this.#wake();
  }

  /** There is a message for everyone. */
  tellBroadcast(seq: number, kept?: Kept): void {
    this.#broadcast.tell(seq, kept);
    this.#wake();
  }

  /** Changes of the client list, encoded. */
  show(news: readonly string[]): void {
    this.#news.push(...news);
    if (this.#news.length > maxNews) this.#news = [this.#parts.snapshot()];
    this.#wake();
  }

  /** Ends the stream with this event, when everything before it has gone out. The first end counts. */
  end(final: StreamEvent): void {
    this.#final ??= final;
    // What was appended before the session ended still goes out.
    this.#own.lookAgain();
    this.#wake();
  }

  /** Ends it at once: the client is gone. */
  drop(): void {
    this.#stop();
    this.#wake();
  }

  #stop(): void {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.#parts.onEnd();
  }

  /** A failure, such as a table that cannot be reached, ends the stream: its client comes back with its cursor. */
  async #produceOrEnd(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      await this.#produce(controller);
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  async #produce(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    for (;;) {
      const text = this.#stopped.signal.aborted ? undefined : await this.#next();
      if (this.#stopped.signal.aborted) return controller.close();
      if (text !== undefined) return controller.enqueue(this.#encoder.encode(text));
      if (this.#final) {
        controller.enqueue(this.#encoder.encode(encodeEvent(this.#final)));
        this.#stop();
        return controller.close();
      }
      await this.#idle();
    }
  }

  /** The next text to send, if there is one. */
  async #next(): Promise<string | undefined> {
    // All of it at once: with a thousand clients, a write for each change of each list would be most of the work.
    if (this.#news.length > 0) return this.#news.splice(0).join("");
    return (
      (await this.#nextOf(this.#own)) ??
      (this.#final ? undefined : await this.#nextOf(this.#broadcast)) ??
      this.#onTime()
    );
  }

  async #nextOf(outflow: Outflow): Promise<string | undefined> {
    const before = outflow.seq;
    const out = await outflow.next();
    if (!out) return undefined;
    // A nudge that is lost before the next one shows as a gap; only after the last one must somebody look.
    if (outflow === this.#own) this.#lookAtMs = this.#parts.clock.monotonicMs() + withJitter(lookMs);
    const id = toCursorText(this.cursor);
    return encodeEvent(
      "goneTo" in out
        ? { event: "reset", id, data: { from: before + 1, to: out.goneTo } }
        : { event: "message", id, data: out.message },
    );
  }

  /** What is due by the clock. */
  #onTime(): string | undefined {
    const now = this.#parts.clock.monotonicMs();
    if (now >= this.#endAtMs)
      this.end({ event: "reconnect", data: { reason: "this stream has reached its age" } });
    if (now >= this.#lookAtMs) {
      this.#lookAtMs = now + withJitter(lookMs);
      this.#own.lookAgain();
    }
    if (now < this.#beatAtMs) return undefined;
    this.#beatAtMs = now + heartbeatMs;
    return heartbeatComment;
  }

  /** Waits until something is told or due. */
  async #idle(): Promise<void> {
    if (this.#news.length > 0 || this.#own.hasWork || this.#broadcast.hasWork || this.#final) return;
    const dueMs = Math.min(this.#lookAtMs, this.#beatAtMs, this.#endAtMs) - this.#parts.clock.monotonicMs();
    const woken = new AbortController();
    this.#wake = () => woken.abort("woken");
    if (dueMs > 0) await this.#parts.clock.delay(dueMs, woken.signal);
    this.#wake = () => undefined;
  }
}
