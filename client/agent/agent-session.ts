import type { Clock } from "../../shared/kernel/clock.ts";
import type { Cursor } from "../../shared/presence/cursor.ts";
import type { Head } from "../../shared/presence/head.ts";
import type { Presence } from "../../shared/presence/presence.ts";
import type { StreamEvent } from "../../shared/presence/stream-event.ts";
import { parseCursor } from "../cursor.ts";
import { readEvents } from "../event-reader.ts";
import { Intake } from "../intake.ts";
import { InterroleUnreachable } from "../problem.ts";
import { backOffMs } from "../retry.ts";

/** A session that does not acknowledge for a minute has ended. */
const acknowledgeMs = 20_000;

/** A session that this process holds itself: what is sent to it is forwarded here, from whatever instance. */
export class AgentSession {
  readonly id: string;
  readonly userName: string;
  readonly #presence: Presence;
  readonly #clock: Clock;
  readonly #intake: Intake;
  readonly #left = new AbortController();
  #isBeingRead = false;

  constructor({ session, user, broadcastFrom }: Head, presence: Presence, clock: Clock) {
    this.id = session;
    this.userName = user;
    this.#presence = presence;
    this.#clock = clock;
    this.#intake = new Intake(`0.${broadcastFrom}`);
  }

  /** A snapshot of the client list, its changes, and each message once, until the session ends. One loop at a time. */
  async *events(): AsyncGenerator<StreamEvent, void> {
    if (this.#isBeingRead) throw new Error("Another loop takes the events of this session");
    this.#isBeingRead = true;
    const stopped = new AbortController();
    const acknowledging = this.#acknowledge(stopped.signal);
    try {
      for (let attempt = 0; !this.#left.signal.aborted; attempt += 1) {
        // The first stream at once; the next when this one has come to its age, or a table could not be read.
        if (attempt > 0) await this.#clock.delay(backOffMs(0, Math.random), this.#left.signal);
        if ((yield* this.#stream()) === "closed") return;
      }
    } finally {
      stopped.abort();
      await acknowledging;
      this.#isBeingRead = false;
    }
  }

  /** Replaces what this session says of itself. */
  async updateMetadata(metadata: Record<string, unknown>): Promise<void> {
    await this.#presence.sessions.patch(this.id, metadata);
  }

  /** Ends the session. */
  async leave(): Promise<void> {
    try {
      await this.#presence.sessions.close(this.id, "closed");
    } finally {
      // Its loop ends, whether or not the tables could be told.
      this.#left.abort();
      this.#presence.hub.end(this.id, "closed");
    }
  }

  async *#stream(): AsyncGenerator<StreamEvent, "closed" | "ended"> {
    const { body } = this.#presence.hub.attach(this.id, this.#cursor);
    try {
      for await (const event of readEvents(body, this.#clock)) {
        // Another stream of the same session follows: nobody needs to do anything.
        if (event.event === "reconnect") return "ended";
        if (!this.#intake.take(event)) continue;
        yield event;
        if (event.event === "closed") return "closed";
      }
    } catch (error) {
      if (!(error instanceof InterroleUnreachable)) throw error;
    }
    return "ended";
  }

  get #cursor(): Cursor {
    return parseCursor(this.#intake.cursor) ?? { seq: 0, broadcast: 0 };
  }

  async #acknowledge(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.delay(acknowledgeMs, signal);
      if (signal.aborted) return;
      // What fails now works in 20 s; a session that has ended is told by its events.
      await this.#presence.acknowledge(this.id, this.#cursor).catch(() => undefined);
    }
  }
}
