import { randomUUID } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import { Problem } from "../kernel/problem.ts";
import { isSameOwner, readHead, toHeadRow, type ClosedReason, type Head, type Owner } from "./head.ts";
import type { PresenceLog } from "./log.ts";
import type { Mailboxes } from "./mailbox.ts";
import type { Change } from "./notification.ts";
import type { SessionRows } from "./session-rows.ts";

/** What a session is registered with. */
export interface Registering {
  session: string;
  user: string;
  metadata: Record<string, unknown>;
  broadcastFrom: number;
}

export interface SessionsParts {
  self: () => Owner;
  /** Whether this process still holds its instance id: one read of its own row in `Instances`. */
  isStillSelf: () => Promise<boolean>;
  mailboxes: Mailboxes;
  rows: SessionRows;
  /** Tells others, and this instance's own list. */
  tell: (change: Change) => void;
  /** Asks the owner to look at a session that was changed from here. */
  nudgeOwner: (owner: Owner, session: string) => Promise<void>;
  /** Up to which message the session's client has read, as far as is known here. */
  acknowledgedOf: (session: string) => number;
  /** The session's stream here must end. */
  onEnded: (session: string, why: ClosedReason | "moved") => void;
  clock: Clock;
  faults: FaultPoints;
  log: PresenceLog;
}

/** A head that changes under everybody's hands settles well before. */
const maxRounds = 50;

/**
 * The sessions that this process owns, and the steps in which a session comes, moves, changes and goes.
 *
 * The head is the truth. Whoever changes a session changes the head first, by compare-and-swap; the row in the owner's partition follows,
 * written by the owner alone; then the others are told. Each step can be repeated: `settle` makes row, memory and news agree with the
 * head from wherever a crash has left them.
 *
 * Where the head makes a new owner (registering, moving) the new owner's row is written as `opening` before: so a head that names an
 * owner always has a row in that owner's partition, and the owner's reaper finds it.
 */
export class Sessions {
  readonly #parts: SessionsParts;
  /** Heads of the own open sessions, as last written or read here. */
  readonly #own = new Map<string, Head>();
  /** Steps of one session go one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  /** The head of an own open session, as last seen. */
  own(session: string): Head | undefined {
    return this.#own.get(session);
  }

  get ownCount(): number {
    return this.#own.size;
  }

  ownIds(): string[] {
    return [...this.#own.keys()];
  }

  /** Registers a session here; a repeat finds it. Three table calls. */
  register(registering: Registering): Promise<Head> {
    return this.#inTurn(registering.session, async () => {
      const { mailboxes, rows, faults } = this.#parts;
      const head = this.#newHead(registering, this.#parts.self());
      await rows.open(head);
      await faults.reach("session-row-opening");
      if (!(await mailboxes.table.insert(toHeadRow(head))))
        return await this.#settleNow(registering.session, head);
      await faults.reach("session-head-written");
      return await this.#open(head);
    });
  }

  /**
   * Writes down a session that another instance is to hold, and has been told of: row first, so that a reaper finds it if that instance
   * dies before it hears of it. Two table calls.
   */
  async registerAt(owner: Owner, registering: Registering): Promise<Head> {
    const { mailboxes, rows } = this.#parts;
    const head = this.#newHead(registering, owner);
    await rows.open(head);
    await mailboxes.table.insert(toHeadRow(head));
    return head;
  }

  /** The head of a session that begins with this owner. */
  #newHead({ session, user, metadata, broadcastFrom }: Registering, owner: Owner): Head {
    const createdAt = this.#parts.clock.now().toISOString();
    return {
      session,
      user,
      metadata,
      version: 1,
      owner,
      epoch: 1,
      first: 1,
      next: 1,
      broadcastFrom,
      createdAt,
      closed: undefined,
    };
  }

  /**
   * Makes this process the owner of an open session, wherever it was. Throws Problem `unknown-session`, `session-closed`.
   * Four table calls and the announcement; one table call when it is here already.
   */
  adopt(session: string): Promise<Head> {
    return this.#inTurn(session, async () => {
      try {
        return await this.#adoptNow(session);
      } catch (error) {
        // It may have left a row that says `opening`; if that cannot be removed now, it is found there later.
        await this.#settleNow(session).catch(() => undefined);
        throw error;
      }
    });
  }

  async #adoptNow(session: string): Promise<Head> {
    const { faults, rows, mailboxes, log, isStillSelf, self } = this.#parts;
    for (let round = 0; round < maxRounds; round += 1) {
      const stored = await mailboxes.head(session);
      if (!stored) throw new Problem("unknown-session", `There is no session ${session}`);
      const head = readHead(stored);
      if (head.closed)
        throw new Problem("session-closed", `Session ${session} has ended: ${head.closed.reason}`);
      if (isSameOwner(head.owner, self())) return this.#own.get(session) ?? (await this.#open(head));
      await faults.reach("adopt-head-read");
      const mine = { ...head, owner: self(), epoch: head.epoch + 1, version: head.version + 1 };
      await rows.write(mine, "opening");
      await faults.reach("session-row-opening");
      if (!(await isStillSelf()))
        throw new Problem("unavailable", "Another process has taken over this instance", {
          retryAfterSeconds: 5,
        });
      await faults.reach("adopt-incarnation-checked");
      if (!(await mailboxes.table.replace(toHeadRow(mine), stored.etag))) continue;
      await faults.reach("session-head-written");
      log.adopted(mine, head.owner.instance);
      return await this.#open(mine);
    }
    throw new Problem("unavailable", `Session ${session} changes too quickly to be moved`, {
      retryAfterSeconds: 1,
    });
  }

  /** Ends a session, from any instance; ending it twice is the same as once. Throws Problem `unknown-session`. Two table calls and a nudge. */
  async close(session: string, reason: ClosedReason): Promise<Head> {
    const at = this.#parts.clock.now().toISOString();
    const { before, after } = await this.#change(session, (head) =>
      head.closed ? undefined : { ...head, closed: { reason, at } },
    );
    await this.#parts.faults.reach("close-head-swapped");
    await this.#follow(before, after);
    return after;
  }

  /** Changes what a session says of itself, from any instance. Throws Problem `unknown-session`, `session-closed`. */
  async patch(session: string, metadata: Record<string, unknown>): Promise<Head> {
    const { before, after } = await this.#change(session, (head) => {
      if (head.closed)
        throw new Problem("session-closed", `Session ${session} has ended: ${head.closed.reason}`);
      return { ...head, metadata };
    });
    await this.#parts.faults.reach("patch-head-swapped");
    await this.#follow(before, after);
    return after;
  }

  /**
   * Ends an own session that has fallen silent, only if the head still says what this process remembers of it: the same owner and
   * epoch. It may have moved, and a fresh ETag would not show that.
   */
  expire(session: string): Promise<void> {
    return this.#inTurn(session, async () => {
      const { mailboxes, clock, faults } = this.#parts;
      const mine = this.#own.get(session);
      const stored = mine && (await mailboxes.head(session));
      if (!mine || !stored) return;
      const head = readHead(stored);
      if (isSameOwner(head.owner, mine.owner) && head.epoch === mine.epoch && !head.closed) {
        const closed = { reason: "expired" as const, at: clock.now().toISOString() };
        // If the swap fails somebody appended, or moved it: what the head says now counts, and the next look at silence comes.
        await mailboxes.table.replace(toHeadRow({ ...head, version: head.version + 1, closed }), stored.etag);
        await faults.reach("close-head-swapped");
      }
      await this.#settleNow(session);
    });
  }

  /** Makes row, memory and news of a session agree with its head. One read, and the writes that are still missing. */
  settle(session: string): Promise<Head | undefined> {
    return this.#inTurn(session, () => this.#settleNow(session));
  }

  async #settleNow(session: string, fallback?: Head): Promise<Head> {
    const { mailboxes, rows, faults, self, onEnded, log, tell } = this.#parts;
    const stored = await mailboxes.head(session);
    if (!stored) {
      await rows.remove(self().instance, session, self().incarnation);
      this.#own.delete(session);
      if (!fallback) throw new Problem("unknown-session", `There is no session ${session}`);
      return fallback;
    }
    const head = readHead(stored);
    if (isSameOwner(head.owner, self()))
      return head.closed ? await this.#shut(head, head.closed.reason) : await this.#open(head);
    const wasOwn = this.#own.delete(session);
    await faults.reach("old-owner-noticed");
    if (wasOwn) {
      log.movedAway(head);
      onEnded(session, "moved");
    }
    // A head that names an earlier life of this instance keeps its row: whoever reaps that life has to find it.
    if (head.owner.instance !== self().instance || head.closed)
      await rows.remove(self().instance, session, self().incarnation);
    await faults.reach("old-owner-row-removed");
    if (wasOwn && head.owner.instance !== self().instance)
      tell({ state: "moved", session, version: head.version });
    return head;
  }

  async #open(head: Head): Promise<Head> {
    const { rows, tell, faults } = this.#parts;
    const { session, user, metadata, version } = head;
    await rows.write(head, "open");
    this.#own.set(session, head);
    await faults.reach("session-row-written");
    tell({ state: "open", session, user, metadata, version });
    return head;
  }

  async #shut(head: Head, reason: ClosedReason): Promise<Head> {
    const { rows, tell, faults, onEnded, acknowledgedOf } = this.#parts;
    const { session, version } = head;
    await rows.write(head, "closed", acknowledgedOf(session));
    this.#own.delete(session);
    await faults.reach("session-row-written");
    tell({ state: "closed", session, version, reason });
    onEnded(session, reason);
    return head;
  }

  /** Swaps a head, raising its version; `alter` gives undefined to leave it as it is. */
  async #change(
    session: string,
    alter: (head: Head) => Head | undefined,
  ): Promise<{ before: Head; after: Head }> {
    const { mailboxes } = this.#parts;
    for (let round = 0; round < maxRounds; round += 1) {
      const stored = await mailboxes.head(session);
      if (!stored) throw new Problem("unknown-session", `There is no session ${session}`);
      const before = readHead(stored);
      const altered = alter(before);
      if (!altered) return { before, after: before };
      const after = { ...altered, version: before.version + 1 };
      if (await mailboxes.table.replace(toHeadRow(after), stored.etag)) return { before, after };
    }
    throw new Problem("unavailable", `Session ${session} changes too quickly`, { retryAfterSeconds: 1 });
  }

  /** Lets the owner bring its row and its news up to a head that was changed here. */
  async #follow(before: Head, after: Head): Promise<void> {
    const { self, nudgeOwner } = this.#parts;
    if (isSameOwner(before.owner, self())) await this.settle(after.session);
    else await nudgeOwner(before.owner, after.session);
  }

  async #inTurn<T>(session: string, act: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(session) ?? Promise.resolve();
    const turn = before.then(act, act);
    this.#turns.set(session, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(session) === turn) this.#turns.delete(session);
    }
  }
}

/** A new session's id: never used again. */
export const newSessionId = (): string => randomUUID();
