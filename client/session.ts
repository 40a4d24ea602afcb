import type { Clock } from "../shared/kernel/clock.ts";
import type { SessionView, StreamEvent } from "../shared/presence/stream-event.ts";
import { Acknowledging } from "./acknowledging.ts";
import { EventFlow } from "./event-flow.ts";
import type { HeldSession } from "./held-session.ts";
import type { Intake } from "./intake.ts";
import { pathTo, type OutgoingMessage, type Sent } from "./outgoing.ts";
import { InterroleProblem } from "./problem.ts";
import type { Random } from "./retry.ts";
import { readAnswer, type Call } from "./transport.ts";

/** How long a request is repeated; the server remembers its key for ten minutes at least. */
const patienceMs = 60_000;

/** Options of one call. */
export interface CallOptions {
  signal?: AbortSignal;
}

export interface SendOptions extends CallOptions {
  /** Two sends with one key are one message. Default: a key of its own for each call, the same for all its attempts. */
  key?: string;
}

/** What a program keeps to go on with a session later, or on another machine. It holds the token: keep it secret. */
export interface Resumption {
  sessionId: string;
  token: string;
  /** The last message that was taken; undefined before the first. */
  lastEventId?: string | undefined;
  /** Where the session was; default: the entry. */
  instanceUrl?: string | undefined;
}

export interface SessionParts {
  held: HeldSession;
  intake: Intake;
  /** Unknown when the session was resumed. */
  metadata: Record<string, unknown> | undefined;
  clock: Clock;
  random: Random;
  signal: AbortSignal;
}

/**
 * One session of this client: who is connected, messages from others, messages to them.
 *
 * The stream is open while a loop takes `events`. A loop that is left ends the stream, and another may go on where it ended; a session
 * without a stream ends when the server's grace time is over.
 */
export class Session {
  readonly #parts: SessionParts;
  #metadata: Record<string, unknown> | undefined;
  #isBeingRead = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#metadata = parts.metadata;
  }

  get id(): string {
    return this.#parts.held.sessionId;
  }

  get userName(): string {
    return this.#parts.held.userName;
  }

  /** What to keep for `connect({ resume })`. The events that were handed out count as taken. */
  get resumption(): Resumption {
    const { held, intake } = this.#parts;
    const { sessionId, token, instanceUrl } = held;
    return { sessionId, token, instanceUrl, lastEventId: intake.lastEventId };
  }

  /** All open sessions, as of the last event taken. */
  presence(): readonly SessionView[] {
    return this.#parts.intake.list.all();
  }

  /**
   * The events of this session, one loop at a time: a snapshot at the beginning of each stream, changes of the client list, each message
   * once. Comes back by itself after a break. Ends after `closed`; throws InterroleProblem when the server refuses for good, and the
   * reason of a signal that aborts.
   */
  async *events({ signal }: CallOptions = {}): AsyncGenerator<StreamEvent, void> {
    if (this.#isBeingRead) throw new Error("Another loop takes the events of this session");
    this.#isBeingRead = true;
    const metadata = () => this.#metadata ?? this.#parts.intake.list.get(this.id)?.metadata;
    const acknowledging = new Acknowledging({ ...this.#parts, metadata });
    let isOver = false;
    try {
      for await (const event of new EventFlow(this.#parts).events(this.#signalOf(signal))) {
        isOver = event.event === "closed";
        yield event;
      }
    } finally {
      await acknowledging.stop({ lastWord: !isOver });
      this.#isBeingRead = false;
    }
  }

  /**
   * Sends a message; when this returns it is kept for its recipients. Repeated with the same key while the server cannot be reached, so it
   * arrives once.
   */
  async send({ to, text, data }: OutgoingMessage, { key, signal }: SendOptions = {}): Promise<Sent> {
    const answer = await this.#request({
      method: "POST",
      path: pathTo(to),
      headers: { "idempotency-key": key ?? crypto.randomUUID() },
      body: text === undefined ? { data } : { text },
      signal: this.#signalOf(signal),
    });
    const { messageId, sessions } = await readAnswer(answer);
    return { messageId: String(messageId), mailboxes: Number(sessions) };
  }

  /** Replaces what this session says of itself; everyone is told. */
  async updateMetadata(metadata: Record<string, unknown>, { signal }: CallOptions = {}): Promise<void> {
    const call = { body: { metadata }, signal: this.#signalOf(signal) };
    await this.#request({ method: "PATCH", path: this.#parts.held.path(), ...call });
    this.#metadata = metadata;
  }

  /** Ends the session; everyone is told at once. Ending what has ended is no error. */
  async leave({ signal }: CallOptions = {}): Promise<void> {
    const { held } = this.#parts;
    try {
      await this.#request({ method: "DELETE", path: held.path(), signal: this.#signalOf(signal) });
    } catch (error) {
      const hasEnded = error instanceof InterroleProblem && [404, 410].includes(error.status);
      if (!hasEnded) throw error;
    }
  }

  /** Leaves. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#parts.signal.aborted) await this.leave();
  }

  async #request(call: Call): Promise<Response> {
    return await this.#parts.held.retrying(call, patienceMs);
  }

  #signalOf(own: AbortSignal | undefined): AbortSignal {
    const { signal } = this.#parts;
    return own ? AbortSignal.any([signal, own]) : signal;
  }
}
