import type { Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import type { PartitionedTable, Table } from "../table/table-store.ts";
import { Problem } from "../kernel/problem.ts";
import { Announcer } from "./announcer.ts";
import type { Cursor } from "./cursor.ts";
import { Forwarder } from "./forwarder.ts";
import type { Forwarding, Nudge } from "./forwarding.ts";
import { readHead, type Owner } from "./head.ts";
import { Hub } from "./hub.ts";
import { Lives } from "./life.ts";
import type { PresenceLog } from "./log.ts";
import { Mailboxes } from "./mailbox.ts";
import type { Member, ReadMembers } from "./member.ts";
import type { Message } from "./message.ts";
import { fitting, type Change, type PresenceNotification } from "./notification.ts";
import { Outdated } from "./outdated.ts";
import { Reaper, type ReapTick } from "./reap.ts";
import { Roster, type RosterEvent } from "./roster.ts";
import { Sender } from "./send.ts";
import { SessionRows } from "./session-rows.ts";
import { Sessions } from "./sessions.ts";
import { Tidy } from "./tidy.ts";
import { Watch } from "./watch.ts";

/** A nudge follows a session that has moved so many times; after that the session's stream looks by itself. */
const maxHops = 3;

export interface PresenceParts {
  self: () => Owner;
  isStillSelf: () => Promise<boolean>;
  setTail: (seq: number) => void;
  readMembers: ReadMembers;
  markReaped: (role: string, instance: string, epoch: number) => Promise<void>;
  sessionsTable: Table;
  mailboxesTable: PartitionedTable;
  /** Sends to every instance. */
  publish: (notification: PresenceNotification) => Promise<void>;
  /** Sends to one instance's own queue. */
  sendTo: (instance: string, forwarding: Forwarding) => Promise<void>;
  sendReapTick: (tick: ReapTick, delayMs: number) => Promise<void>;
  /** Keeps a message whose session has ended where people look. */
  reject: (messageId: string, message: Message, reason: string) => Promise<void>;
  /** How long ended sessions' mailboxes stay. */
  endedRetentionMs: number;
  graceMs: number;
  clock: Clock;
  faults: FaultPoints;
  log: PresenceLog;
}

/** Everything of the presence slice, wired: who is connected where, and messages to them. */
export class Presence {
  readonly roster: Roster;
  readonly sessions: Sessions;
  readonly sender: Sender;
  readonly hub: Hub;
  readonly lives: Lives;
  readonly reaper: Reaper;
  readonly mailboxes: Mailboxes;
  readonly #watch: Watch;
  readonly #tidy: Tidy;
  readonly #outdated: Outdated;
  readonly #forwarder: Forwarder;
  readonly #announcer: Announcer;
  readonly #parts: PresenceParts;
  #members: readonly Member[] = [];

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    const { clock, faults, log, self, readMembers } = parts;
    this.mailboxes = new Mailboxes(parts.mailboxesTable);
    const rows = new SessionRows(parts.sessionsTable);
    const { mailboxes } = this;
    this.roster = new Roster((events) => this.#show(events));
    const list = () => this.roster.list();
    this.hub = new Hub({
      mailboxes,
      list,
      onHead: (session, stored) => this.#outdated.notice(session, Number(stored["version"])),
      onDetached: (session) => this.lives.seen(session),
      clock,
    });
    this.#announcer = new Announcer({ self, send: parts.publish, onTail: parts.setTail, clock, faults, log });
    this.#forwarder = new Forwarder({ send: parts.sendTo, log });
    this.sessions = this.#makeSessions(rows);
    this.#outdated = new Outdated({ sessions: this.sessions, roster: this.roster, log });
    this.lives = this.#makeLives();
    this.sender = new Sender({
      mailboxes,
      sessionsOf: (user) => this.roster.ofUser(user),
      deliver: (instance, nudge) => this.#deliver(instance, nudge, 0),
      tellBroadcast: (kept) => {
        this.hub.tellBroadcast(kept.seq, kept);
        void this.#publishBroadcast(kept.seq);
      },
      clock,
      faults,
      log,
    });
    this.reaper = this.#makeReaper(rows);
    this.#watch = new Watch({ self, roster: this.roster, rows, readMembers, log });
    this.#tidy = this.#makeTidy(rows);
  }

  /** Call at every heartbeat, with the fleet as it was just read. */
  async look(members: readonly Member[]): Promise<void> {
    this.#members = members;
    const { instance, incarnation } = this.#parts.self();
    const holder = members.find(({ id }) => id === instance);
    // Another process has taken over: this one serves nobody any more.
    if (holder && !members.some((member) => member.incarnation === incarnation))
      return this.hub.reconnectAll(() => holder.url);
    await this.#watch.look(members);
    await this.#outdated.look(this.sessions.ownIds());
    await this.lives.look();
    await this.hub.lookForBroadcasts();
    // What needs Service Bus comes behind what does not: an outage of it must not hold that up.
    await this.reaper.look(members);
    await this.#tidy.look(members);
  }

  /** What this instance holds, and batches of others that never came to it. */
  get counts(): { sessions: number; streams: number; missedBatches: number } {
    return { sessions: this.sessions.ownCount, streams: this.hub.size, missedBatches: this.#watch.missed };
  }

  /** The fleet as of the last heartbeat. */
  lastMembers(): readonly Member[] {
    return this.#members;
  }

  /** Takes what another instance has told everybody. */
  async receive(notification: PresenceNotification): Promise<void> {
    const { self } = this.#parts;
    if (notification.type === "broadcast") return this.hub.tellBroadcast(notification.seq);
    if (notification.type === "reaped") {
      this.roster.applyReaped(notification.instance, notification.changes);
      return;
    }
    await this.#watch.receive(notification);
    if (notification.instance === self().instance && notification.incarnation === self().incarnation) return;
    await this.#outdated.look(notification.changes.map(({ session }) => session));
  }

  /** Takes what was sent to this instance alone. */
  async take(forwarding: Forwarding): Promise<void> {
    switch (forwarding.type) {
      case "messages":
        for (const nudge of forwarding.nudges) this.#takeNudge(nudge, forwarding.hops);
        return;
      case "settle":
        await this.sessions.settle(forwarding.session);
        return;
      case "register":
        await this.sessions.register(forwarding);
        this.lives.seen(forwarding.session);
        return;
      case "ack":
        if (this.sessions.own(forwarding.session))
          await this.lives.acknowledge(forwarding.session, forwarding.cursor);
        return;
    }
  }

  /** The client of an own session has read so far. Throws Problem when that is further than there are messages. */
  async acknowledge(session: string, cursor: Cursor): Promise<void> {
    const sent = this.hub.cursorOf(session);
    if (sent === undefined || cursor.seq > sent.seq) {
      const stored = await this.mailboxes.head(session);
      const next = Number(stored?.["next"] ?? 1);
      if (cursor.seq >= next)
        throw new Problem(
          "invalid-request",
          `The cursor says message ${cursor.seq}, but there are only ${next - 1}`,
        );
    }
    await this.lives.acknowledge(session, cursor);
  }

  /** Throws Problem `session-closed` for a session that has ended. One table call when the client list does not know it. */
  async refuseEnded(session: string): Promise<void> {
    if (this.roster.get(session)) return;
    const stored = await this.mailboxes.head(session);
    const closed = stored && readHead(stored).closed;
    if (closed) throw new Problem("session-closed", `Session ${session} has ended: ${closed.reason}`);
  }

  /** Sends to one instance's own queue. */
  async sendTo(instance: string, forwarding: Forwarding): Promise<void> {
    await this.#parts.sendTo(instance, forwarding);
  }

  /** Settles when everything that was to be told has been sent or has failed to be. */
  async idle(): Promise<void> {
    await Promise.all([this.#announcer.idle(), this.#forwarder.idle()]);
  }

  #makeSessions(rows: SessionRows): Sessions {
    const { self, isStillSelf, sendTo, clock, faults, log } = this.#parts;
    return new Sessions({
      self,
      isStillSelf,
      mailboxes: this.mailboxes,
      rows,
      tell: (change) => {
        this.roster.sayOwn(self(), change);
        this.#announcer.tell(change);
      },
      nudgeOwner: (owner, session) => sendTo(owner.instance, { type: "settle", session }),
      acknowledgedOf: (session) => this.lives.acknowledgedOf(session),
      onEnded: (session, why) => this.hub.end(session, why),
      clock,
      faults,
      log,
    });
  }

  #makeLives(): Lives {
    const { graceMs, clock, faults } = this.#parts;
    return new Lives({
      own: (session) => this.sessions.own(session),
      ownIds: () => this.sessions.ownIds(),
      isAttached: (session) => this.hub.isAttached(session),
      expire: (session) => this.sessions.expire(session),
      mailboxes: this.mailboxes,
      graceMs,
      clock,
      faults,
    });
  }

  #makeReaper(rows: SessionRows): Reaper {
    const { readMembers, sendReapTick, markReaped, graceMs, clock, faults, log } = this.#parts;
    return new Reaper({
      mailboxes: this.mailboxes,
      rows,
      readMembers,
      sendTick: (tick) => sendReapTick(tick, graceMs),
      publish: (instance, changes) => this.#publishReaped(instance, changes),
      markReaped,
      clock,
      faults,
      log,
    });
  }

  #makeTidy(rows: SessionRows): Tidy {
    const { self, reject, endedRetentionMs: retentionMs, clock, faults, log } = this.#parts;
    const { sessions, reaper, mailboxes } = this;
    const publish = (instance: string, changes: Change[]) => this.#publishReaped(instance, changes);
    const parts = { self, sessions, reaper, rows, mailboxes, publish, reject, retentionMs };
    return new Tidy({ ...parts, clock, faults, log });
  }

  async #publishReaped(instance: string, changes: readonly Change[]): Promise<void> {
    this.roster.applyReaped(instance, changes);
    for (let rest = changes; rest.length > 0;) {
      const batch = fitting(rest);
      await this.#parts.publish({ type: "reaped", instance, changes: batch });
      rest = rest.slice(batch.length);
    }
  }

  #deliver(instance: string, nudge: Nudge, hops: number): void {
    const isLocal = instance === this.#parts.self().instance;
    if (nudge.message)
      this.#parts.log.message(nudge.message.id, nudge.session, isLocal ? "local" : "remote", instance);
    if (isLocal) this.#takeNudge(nudge, hops);
    else this.#forwarder.forward(instance, nudge, hops);
  }

  #takeNudge(nudge: Nudge, hops: number): void {
    const { session, seq, message } = nudge;
    if (this.hub.tell(session, seq, message && { seq, message })) return;
    const instance = this.roster.get(session)?.instance;
    // It has moved since the sender looked.
    if (instance !== undefined && instance !== this.#parts.self().instance && hops < maxHops)
      this.#forwarder.forward(instance, nudge, hops + 1);
  }

  async #publishBroadcast(seq: number): Promise<void> {
    try {
      await this.#parts.publish({ type: "broadcast", seq });
    } catch (error) {
      // Every instance looks for itself with its next heartbeat.
      this.#parts.log.untold(1, error);
    }
  }

  #show(events: readonly RosterEvent[]): void {
    const { log, self } = this.#parts;
    for (const event of events) {
      const { session, user, instance } = event.session;
      const place = instance === self().instance ? "local" : "remote";
      if (event.kind === "left") log.left(session, user, place, instance, event.reason);
      else log[event.kind](session, user, place, instance);
    }
    this.hub.show(events);
  }
}
