import type { Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import type { Cursor } from "./cursor.ts";
import type { Head } from "./head.ts";
import type { Mailboxes } from "./mailbox.ts";
import { trim } from "./trim.ts";

/** A client that acknowledges does so about every 20 s; three that did not come end its session. */
const silentAfterMs = 60_000;
/** Acknowledged messages that stay, for a client whose own note of its cursor is a little behind. */
const keptAcknowledged = 100;
/** So many acknowledged messages are worth a trim. */
const trimEvery = 100;
/** How long a request that is repeated finds the answer it got, at least. */
const keyRetentionMs = 600_000;

/** What is remembered of an own session's client; in memory only, so an idle session costs no table write. */
interface Life {
  seenAtMs: number;
  /** Whether the client acknowledges: then its silence means something while its stream seems open. */
  doesAcknowledge: boolean;
  acknowledged: number;
  trimmedTo: number;
  /** Keys of trimmed messages, with the time from which they may be forgotten. */
  keys: { hash: string; untilMs: number }[];
}

export interface LivesParts {
  own: (session: string) => Head | undefined;
  ownIds: () => string[];
  isAttached: (session: string) => boolean;
  expire: (session: string) => Promise<void>;
  mailboxes: Mailboxes;
  /** How long a client may be away before its session ends. */
  graceMs: number;
  clock: Clock;
  faults: FaultPoints;
}

/** Whether the clients of the own sessions are still there, and how far they have read. */
export class Lives {
  readonly #parts: LivesParts;
  readonly #lives = new Map<string, Life>();

  constructor(parts: LivesParts) {
    this.#parts = parts;
  }

  /** The client has shown itself: it registered, opened a stream, or its stream has just ended. */
  seen(session: string): void {
    this.#life(session).seenAtMs = this.#parts.clock.monotonicMs();
  }

  /** Up to which message the client is known to have read. */
  acknowledgedOf(session: string): number {
    return this.#lives.get(session)?.acknowledged ?? 0;
  }

  /** The client has read up to here. Trims now and then: two table calls and one for each message. */
  async acknowledge(session: string, { seq }: Cursor): Promise<void> {
    const { mailboxes, faults, clock } = this.#parts;
    const life = this.#life(session);
    life.seenAtMs = clock.monotonicMs();
    life.doesAcknowledge = true;
    life.acknowledged = Math.max(life.acknowledged, seq);
    const before = life.acknowledged - keptAcknowledged + 1;
    if (before - life.trimmedTo < trimEvery) return;
    life.trimmedTo = before;
    const untilMs = clock.monotonicMs() + keyRetentionMs;
    const keys = await trim(mailboxes, faults, session, before);
    life.keys.push(...keys.map((hash) => ({ hash, untilMs })));
  }

  /** Call every now and then: ends the sessions whose clients have gone, and forgets old keys. */
  async look(): Promise<void> {
    const { ownIds, isAttached, expire, clock, graceMs } = this.#parts;
    const now = clock.monotonicMs();
    const own = new Set(ownIds());
    for (const session of this.#lives.keys()) if (!own.has(session)) this.#lives.delete(session);
    for (const session of own) {
      const life = this.#life(session);
      const mayBeSilentMs = !isAttached(session)
        ? graceMs
        : life.doesAcknowledge
          ? silentAfterMs
          : Number.POSITIVE_INFINITY;
      if (now - life.seenAtMs > mayBeSilentMs) await expire(session);
      else await this.#forgetKeys(session, life, now);
    }
  }

  async #forgetKeys(session: string, life: Life, now: number): Promise<void> {
    const old = life.keys.findIndex(({ untilMs }) => untilMs > now);
    const forgotten = life.keys.splice(0, old === -1 ? life.keys.length : old);
    for (const { hash } of forgotten) await this.#parts.mailboxes.removeKey(session, hash);
  }

  #life(session: string): Life {
    const known = this.#lives.get(session);
    if (known) return known;
    const life: Life = {
      seenAtMs: this.#parts.clock.monotonicMs(),
      doesAcknowledge: false,
      acknowledged: 0,
      trimmedTo: this.#parts.own(session)?.first ?? 1,
      keys: [],
    };
    this.#lives.set(session, life);
    return life;
  }
}
