import type { FaultPoints } from "../kernel/fault-points.ts";
import type { Clock } from "../kernel/clock.ts";
import { readHead, toHeadRow, type Head } from "./head.ts";
import type { PresenceLog } from "./log.ts";
import type { Mailboxes } from "./mailbox.ts";
import type { Member, ReadMembers } from "./member.ts";
import type { Change } from "./notification.ts";
import type { SessionRow } from "./session-row.ts";
import type { SessionRows } from "./session-rows.ts";

/** Asks for the sessions of an instance's incarnations up to an epoch to be ended. */
export interface ReapTick {
  type: "reap";
  role: string;
  instance: string;
  epoch: number;
  /** Of an instance that is lost: when its row was last written. It has lived since if that is no longer so. */
  lastSeen?: string | undefined;
}

export interface ReaperParts {
  mailboxes: Mailboxes;
  rows: SessionRows;
  readMembers: ReadMembers;
  /** Sends the tick, to be delivered after the grace time in which clients may come back elsewhere. */
  sendTick: (tick: ReapTick) => Promise<void>;
  /** Tells every instance what became of the partition. */
  publish: (instance: string, changes: Change[]) => Promise<void>;
  markReaped: (role: string, instance: string, epoch: number) => Promise<void>;
  clock: Clock;
  faults: FaultPoints;
  log: PresenceLog;
}

/** A tick that was sent is not sent again by the same observer for so long. */
const resendMs = 30_000;
/** Rows that are looked at side by side. */
const width = 16;

/**
 * Ends the sessions of instances that are gone: each once, whoever notices. `reapedEpoch` in the instance's row says up to which of its
 * epochs that has been done; it is owed when the instance is lost, and when it has restarted since.
 *
 * For each row of the partition the head decides. Owned by an incarnation that is being reaped, or an older one of the same instance:
 * closed by compare-and-swap, `instance-lost`. Owned by another: it has moved away in time; its head is written once more as it is, so
 * that a process that stood still in the middle of taking it back fails at its swap; then the row goes. A crash anywhere leaves the
 * epoch unmarked, and the next tick does what is left.
 */
export class Reaper {
  readonly #parts: ReaperParts;
  /** The last tick that was sent for each instance. */
  readonly #sent = new Map<string, { what: string; atMs: number }>();

  constructor(parts: ReaperParts) {
    this.#parts = parts;
  }

  /** Call at every heartbeat: sends the ticks that are owed. */
  async look(members: readonly Member[]): Promise<void> {
    const { clock, sendTick, faults } = this.#parts;
    for (const { role, id: instance, epoch, state, reapedEpoch, lastSeen: seen } of members) {
      const lastSeen = state === "lost" ? seen : undefined;
      const owed = state === "lost" ? epoch : epoch - 1;
      if (reapedEpoch >= owed) continue;
      const what = `${owed} ${lastSeen ?? ""}`;
      const sent = this.#sent.get(instance);
      if (sent?.what === what && clock.monotonicMs() - sent.atMs < resendMs) continue;
      await sendTick({ type: "reap", role, instance, epoch: owed, lastSeen });
      await faults.reach("reap-tick-sent");
      this.#sent.set(instance, { what, atMs: clock.monotonicMs() });
    }
  }

  /** Handles a tick; any number of times, on any instance. */
  async handle({ role, instance, epoch, lastSeen }: ReapTick): Promise<void> {
    const { readMembers, rows, publish, markReaped, faults, log } = this.#parts;
    const member = (await readMembers()).find(({ id }) => id === instance);
    if (!member || member.reapedEpoch >= epoch) return;
    // It lives, or this process has not watched it for long enough to know: whoever has sends another tick.
    if (member.epoch <= epoch && member.state !== "lost") return;
    // It has lived in between, so its sessions had their instance: the grace time begins when it was lost again.
    if (member.epoch <= epoch && lastSeen !== undefined && member.lastSeen !== lastSeen) return;
    await faults.reach("reap-begun");
    const owned = (await rows.of(instance)).filter(
      ({ owner, state }) => owner.epoch <= epoch && state !== "closed",
    );
    const changes: Change[] = [];
    for (let from = 0; from < owned.length; from += width) {
      const settled = await Promise.all(
        owned.slice(from, from + width).map((row) => this.settleRow(row, epoch)),
      );
      changes.push(...settled.filter((change) => change !== undefined));
    }
    await publish(instance, changes);
    await faults.reach("reap-published");
    await markReaped(role, instance, epoch);
    await faults.reach("reap-marked");
    log.reaped(instance, member.incarnation, changes.filter(({ state }) => state === "closed").length);
  }

  /** Ends one session of a partition that is being reaped, or clears its row; returns what others are to know of it. */
  async settleRow(row: SessionRow, epoch: number): Promise<Change | undefined> {
    const { mailboxes, rows, faults } = this.#parts;
    const { instance } = row.owner;
    await faults.reach("reap-row-read");
    for (;;) {
      const stored = await mailboxes.head(row.session);
      if (!stored) {
        await rows.removeAsRead(row);
        return undefined;
      }
      const head = readHead(stored);
      if (head.owner.instance !== instance || head.owner.epoch > epoch) {
        if (!(await mailboxes.table.replace(toHeadRow(head), stored.etag))) continue;
        await rows.removeAsRead(row);
        return head.owner.instance === instance
          ? undefined
          : { state: "moved", session: row.session, version: head.version };
      }
      const closed = head.closed ? head : await this.#closeHead(head, stored.etag);
      if (!closed) continue;
      await faults.reach("reap-head-swapped");
      await rows.write(closed, "closed");
      await faults.reach("reap-row-settled");
      return {
        state: "closed",
        session: row.session,
        version: closed.version,
        reason: closed.closed?.reason ?? "instance-lost",
      };
    }
  }

  async #closeHead(head: Head, etag: string): Promise<Head | undefined> {
    const { mailboxes, clock } = this.#parts;
    const at = clock.now().toISOString();
    const closed: Head = { ...head, version: head.version + 1, closed: { reason: "instance-lost", at } };
    return (await mailboxes.table.replace(toHeadRow(closed), etag)) ? closed : undefined;
  }
}
