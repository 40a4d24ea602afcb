import { withJitter, type Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import { Problem } from "../kernel/problem.ts";
import { readHead, type Owner } from "./head.ts";
import type { PresenceLog } from "./log.ts";
import { readMessage, type Mailboxes } from "./mailbox.ts";
import type { Member } from "./member.ts";
import type { Message } from "./message.ts";
import type { Change } from "./notification.ts";
import type { Reaper } from "./reap.ts";
import type { SessionRow } from "./session-row.ts";
import type { SessionRows } from "./session-rows.ts";
import type { Sessions } from "./sessions.ts";

/** How often partitions are looked through. */
const everyMs = 900_000;
/** Rows that are dealt with at one heartbeat, and side by side. */
const maxRowsALook = 50;
const width = 10;
/** Rows that are removed with one look. */
const pageSize = 100;

export interface TidyParts {
  self: () => Owner;
  sessions: Sessions;
  reaper: Reaper;
  rows: SessionRows;
  mailboxes: Mailboxes;
  /** Tells every instance what became of rows in an instance's partition. */
  publish: (instance: string, changes: Change[]) => Promise<void>;
  /** Keeps a message that nobody has acknowledged where people look; the same id for the same message. */
  reject: (messageId: string, message: Message, reason: string) => Promise<void>;
  /** How long an ended session's mailbox and row stay: a client that returns finds what waited, and the reason. */
  retentionMs: number;
  clock: Clock;
  faults: FaultPoints;
  log: PresenceLog;
}

/** A row that needs something done; sessions of lives up to this epoch have been reaped. */
interface Work {
  row: SessionRow;
  reapedUpTo: number;
}

/**
 * Looks through `Sessions` now and then, a bounded number of rows at each heartbeat: the own partition, and, on the first ready instance,
 * those of instances that are lost and have been reaped.
 *
 * - A session that ended so long ago goes: what was never acknowledged to `rejected` with the reason, then messages, keys, head, row. A
 *   crash between is a repeat under the same message ids, never a loss. How long ago is told by the table service's clock alone: the row's
 *   time against that of the own heartbeat.
 * - An open row that the owner does not know is what a crash, a failed call or a process that stood still has left behind: it is settled.
 */
export class Tidy {
  readonly #parts: TidyParts;
  #work: Work[] = [];
  #nextAtMs: number;

  constructor(parts: TidyParts) {
    this.#parts = parts;
    this.#nextAtMs = parts.clock.monotonicMs() + withJitter(everyMs);
  }

  /** Call at every heartbeat. Costs nothing but every 15 minutes: one call for each 1,000 rows of a partition. */
  async look(members: readonly Member[]): Promise<void> {
    const { clock } = this.#parts;
    if (this.#work.length === 0 && clock.monotonicMs() >= this.#nextAtMs) {
      this.#nextAtMs = clock.monotonicMs() + withJitter(everyMs);
      this.#work = await this.#plan(members);
    }
    const now = this.#work.splice(0, maxRowsALook);
    for (let from = 0; from < now.length; from += width)
      await Promise.all(now.slice(from, from + width).map((work) => this.#do(work)));
  }

  async #plan(members: readonly Member[]): Promise<Work[]> {
    const { self, rows, sessions, retentionMs } = this.#parts;
    const me = members.find(({ incarnation }) => incarnation === self().incarnation);
    if (!me) return [];
    const isFirst = members.find(({ state }) => state === "ready")?.id === me.id;
    const orphaned = members.filter(
      ({ state, reapedEpoch, epoch }) => state === "lost" && reapedEpoch >= epoch,
    );
    const work: Work[] = [];
    for (const { id, reapedEpoch, epoch } of [me, ...(isFirst ? orphaned : [])]) {
      const reapedUpTo = Math.min(reapedEpoch, id === me.id ? epoch - 1 : epoch);
      for (const row of await rows.of(id)) {
        const isDue =
          row.state === "closed"
            ? Date.parse(me.lastSeen) - Date.parse(row.writtenAt) >= retentionMs
            : !(id === me.id && sessions.own(row.session));
        if (isDue) work.push({ row, reapedUpTo });
      }
    }
    return work;
  }

  async #do({ row, reapedUpTo }: Work): Promise<void> {
    try {
      await (row.state === "closed" ? this.#end(row) : this.#settle(row, reapedUpTo));
    } catch (error) {
      // A later look finds it again.
      this.#parts.log.untidied(row.session, error);
    }
  }

  /** Brings a row that nobody minds up to its head; a session of a reaped life ends. */
  async #settle(row: SessionRow, reapedUpTo: number): Promise<void> {
    const { self, sessions, reaper, publish } = this.#parts;
    if (row.owner.incarnation === self().incarnation) {
      const head = await settled(sessions, row.session);
      if (head?.owner.instance !== self().instance || head.closed || sessions.own(row.session)) return;
    } else if (row.owner.epoch > reapedUpTo) return;
    const change = await reaper.settleRow(row, reapedUpTo);
    if (change) await publish(row.owner.instance, [change]);
  }

  async #end(row: SessionRow): Promise<void> {
    const { mailboxes, rows, faults, log } = this.#parts;
    const { session } = row;
    const stored = await mailboxes.head(session);
    const head = stored && readHead(stored);
    if (head && !head.closed) return;
    if (!head || head.owner.instance === row.owner.instance) {
      const reason = head?.closed?.reason ?? row.reason ?? "closed";
      const kept = await this.#emptyMailbox(row, Math.max(row.acknowledged + 1, head?.first ?? 1), reason);
      const last = await mailboxes.head(session);
      if (last) await mailboxes.removeAsRead(last);
      await faults.reach("tidy-head-removed");
      log.tidied(session, kept);
    }
    await rows.removeAsRead(row);
  }

  /** Removes messages and keys, those from this number on only when they are kept elsewhere. Returns how many those were. */
  async #emptyMailbox(row: SessionRow, keepFrom: number, reason: string): Promise<number> {
    const { mailboxes, faults, reject } = this.#parts;
    const { session } = row;
    let count = 0;
    for (let isMore = true; isMore;) {
      const messages = await mailboxes.rowsBefore(session, Number.MAX_SAFE_INTEGER, pageSize);
      const unread = messages.map(readMessage).filter(({ seq }) => seq >= keepFrom);
      for (const { seq, message } of unread) await reject(`${session}:${seq}`, message, reason);
      count += unread.length;
      await faults.reach("tidy-rejected");
      await Promise.all(messages.map((message) => mailboxes.removeAsRead(message)));
      await faults.reach("tidy-messages-removed");
      isMore = messages.length === pageSize;
    }
    for (let isMore = true; isMore;) {
      const keys = await mailboxes.keyRows(session, pageSize);
      await Promise.all(keys.map((key) => mailboxes.removeAsRead(key)));
      isMore = keys.length === pageSize;
    }
    return count;
  }
}

/** The head that a row was brought up to; undefined when there is none, and then there is no row either. */
async function settled(sessions: Sessions, session: string) {
  try {
    return await sessions.settle(session);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
