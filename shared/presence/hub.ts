import type { StoredRow } from "../table/table-store.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Cursor } from "./cursor.ts";
import type { ClosedReason } from "./head.ts";
import type { ListedSession } from "./listing.ts";
import type { Kept, Mailboxes } from "./mailbox.ts";
import type { RosterEvent } from "./roster.ts";
import { everyone, SessionStream } from "./stream.ts";
import { encodeEvent, type SessionView, type StreamEvent } from "./stream-event.ts";

export interface HubParts {
  mailboxes: Mailboxes;
  /** The client list as it is now. */
  list: () => ListedSession[];
  /** A session's stream has read its head. */
  onHead: (session: string, stored: StoredRow) => void;
  /** A stream has ended: the session's grace time begins. */
  onDetached: (session: string) => void;
  clock: Clock;
}

/** The streams of the clients that are connected here: at most one a session. */
export class Hub {
  readonly #parts: HubParts;
  readonly #streams = new Map<string, SessionStream>();
  readonly #onlookers: ((event: StreamEvent) => void)[] = [];

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#streams.size;
  }

  isAttached(session: string): boolean {
    return this.#streams.has(session);
  }

  /** How far the session's stream here has got. */
  cursorOf(session: string): Cursor | undefined {
    return this.#streams.get(session)?.cursor;
  }

  /** Begins a stream; the one before it, of the same session, ends. */
  attach(session: string, cursor: Cursor): SessionStream {
    const { mailboxes, list, onDetached, onHead, clock } = this.#parts;
    this.#streams
      .get(session)
      ?.end({ event: "reconnect", data: { reason: "replaced by another stream of this session" } });
    const snapshot = () => encodeEvent({ event: "snapshot", data: { sessions: list().map(viewSession) } });
    const stream: SessionStream = new SessionStream({
      session,
      cursor,
      mailboxes,
      snapshot,
      clock,
      onHead: (stored) => onHead(session, stored),
      onEnd: () => {
        if (this.#streams.get(session) !== stream) return;
        this.#streams.delete(session);
        onDetached(session);
      },
    });
    this.#streams.set(session, stream);
    return stream;
  }

  /** A stream for a session that has ended: what waited for it, then the reason. */
  drain(session: string, cursor: Cursor, reason: ClosedReason): SessionStream {
    const { mailboxes, list, clock } = this.#parts;
    const snapshot = () => encodeEvent({ event: "snapshot", data: { sessions: list().map(viewSession) } });
    const stream = new SessionStream({ session, cursor, mailboxes, snapshot, clock, onEnd: () => undefined });
    stream.end({ event: "closed", data: { reason } });
    return stream;
  }

  /** There is a message for a session. Returns whether its stream is here. */
  tell(session: string, seq: number, kept?: Kept): boolean {
    const stream = this.#streams.get(session);
    stream?.tell(seq, kept);
    return stream !== undefined;
  }

  tellBroadcast(seq: number, kept?: Kept): void {
    for (const stream of this.#streams.values()) stream.tellBroadcast(seq, kept);
  }

  /** Looks for messages to everyone whose nudge was lost: one table call for all streams. */
  async lookForBroadcasts(): Promise<void> {
    if (this.#streams.size === 0) return;
    const stored = await this.#parts.mailboxes.head(everyone);
    const last = Number(stored?.["next"] ?? 1) - 1;
    if (last > 0) this.tellBroadcast(last);
  }

  /** Calls back with every change of the client list, for the program that this instance runs in. */
  onChange(act: (event: StreamEvent) => void): void {
    this.#onlookers.push(act);
  }

  /** Shows changes of the client list to every client. */
  show(events: readonly RosterEvent[]): void {
    const changes = events.map(toStreamEvent);
    const news = changes.map(encodeEvent);
    for (const stream of this.#streams.values()) stream.show(news);
    for (const act of this.#onlookers) for (const change of changes) act(change);
  }

  /** Ends the stream of a session that has ended or moved. */
  end(session: string, why: ClosedReason | "moved"): void {
    const final: StreamEvent =
      why === "moved"
        ? { event: "reconnect", data: { reason: "the session has moved to another instance" } }
        : { event: "closed", data: { reason: why } };
    this.#streams.get(session)?.end(final);
  }

  /** Sends every client to another instance: this one is going. */
  reconnectAll(url: () => string | undefined): void {
    for (const stream of this.#streams.values()) {
      const to = url();
      stream.end({
        event: "reconnect",
        data: { reason: "this instance is recycling", ...(to === undefined ? {} : { url: to }) },
      });
    }
  }
}

/** A listed session as clients see it. */
export function viewSession({ session, user, instance, metadata, version }: ListedSession): SessionView {
  return { sessionId: session, userName: user, instanceId: instance, metadata, version, state: "open" };
}

function toStreamEvent(event: RosterEvent): StreamEvent {
  const session = viewSession(event.session);
  return event.kind === "left"
    ? { event: "left", data: { ...session, state: "closed", reason: event.reason } }
    : { event: event.kind, data: session };
}
