import type { Cursor } from "../shared/presence/cursor.ts";
import type { StreamEvent } from "../shared/presence/stream-event.ts";
import { formatCursor, furthest, isAtOrBelow, parseCursor, start } from "./cursor.ts";
import { SessionList } from "./session-list.ts";

/** Ids that are remembered: more than a mailbox may hold, so that nothing that can come again is forgotten. */
const maxRemembered = 4_000;

/** What a client has taken so far, over all its streams: which messages, how far, and the client list that follows from it. */
export class Intake {
  readonly list = new SessionList();
  #cursor: Cursor = start;
  readonly #taken = new Set<string>();

  constructor(lastEventId?: string) {
    if (lastEventId === undefined) return;
    const cursor = parseCursor(lastEventId);
    if (!cursor)
      throw new TypeError(`lastEventId must be the id of an event, such as 12.3, not ${lastEventId}`);
    this.#cursor = cursor;
  }

  /** Where to go on; undefined before the first message. */
  get lastEventId(): string | undefined {
    return isAtOrBelow(this.#cursor, start) ? undefined : this.cursor;
  }

  /** The same to acknowledge with: a client that has read nothing is there all the same. */
  get cursor(): string {
    return formatCursor(this.#cursor);
  }

  /** Takes an event. Returns whether it says anything new: a message that came before and a reset of what was read do not. */
  take(event: StreamEvent): boolean {
    this.list.apply(event);
    if (event.event === "message") {
      this.#advance(event.id);
      return this.#remember(event.data.id);
    }
    return event.event === "reset" ? this.#advance(event.id) : true;
  }

  /** Returns whether that is further than before. */
  #advance(id: string): boolean {
    const cursor = parseCursor(id);
    if (!cursor || isAtOrBelow(cursor, this.#cursor)) return false;
    this.#cursor = furthest(this.#cursor, cursor);
    return true;
  }

  #remember(messageId: string): boolean {
    if (this.#taken.has(messageId)) return false;
    this.#taken.add(messageId);
    if (this.#taken.size > maxRemembered) {
      // A set keeps the order in which things were added: this is the oldest.
      for (const oldest of this.#taken) {
        this.#taken.delete(oldest);
        break;
      }
    }
    return true;
  }
}
