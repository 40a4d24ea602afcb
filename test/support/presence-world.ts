import { Log } from "../../shared/kernel/log.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import { noFaultPoints } from "../../shared/kernel/fault-points.ts";
import type { Forwarding } from "../../shared/presence/forwarding.ts";
import { presenceLog } from "../../shared/presence/log.ts";
import type { Member } from "../../shared/presence/member.ts";
import type { PresenceNotification } from "../../shared/presence/notification.ts";
import { Presence } from "../../shared/presence/presence.ts";
import type { ReapTick } from "../../shared/presence/reap.ts";
import { InMemoryTable } from "./in-memory-table.ts";
import { randomFrom } from "./simulation/random.ts";

/** What may happen to a message between two instances. */
export interface BusFaults {
  /** Shares of messages that are lost, come twice, or come late. */
  lost: number;
  twice: number;
  late: number;
}

interface Life {
  presence: Presence;
  member: Member;
  /** The number of its last batch; its next heartbeat writes it down. */
  tail: number;
  isDead: boolean;
}

/**
 * Instances in one process: their tables are shared, their messages to each other go through here, and may be lost, come twice or late.
 * Heartbeats happen when a test says so.
 */
export class PresenceWorld {
  readonly sessions = new InMemoryTable();
  readonly mailboxes = new InMemoryTable();
  readonly #lives = new Map<string, Life>();
  readonly #random: () => number;
  readonly #faults: BusFaults;
  #late: (() => void)[] = [];
  #inFlight = 0;

  constructor(seed = 1, faults: BusFaults = { lost: 0, twice: 0, late: 0 }) {
    this.#random = randomFrom(seed);
    this.#faults = faults;
  }

  /** Boots an instance, or its next incarnation. */
  boot(id: string): Presence {
    const before = this.#lives.get(id);
    if (before) before.isDead = true;
    const epoch = (before?.member.epoch ?? 0) + 1;
    const member: Member = {
      id,
      role: "web",
      url: `http://${id}`,
      state: "ready",
      incarnation: `${id}-life-${epoch}`,
      epoch,
      lastSeen: "",
      tail: 0,
      reapedEpoch: before?.member.reapedEpoch ?? 0,
    };
    const setTail = (tail: number) => (life.tail = tail);
    const life: Life = {
      presence: this.#make(member, setTail, () => life.isDead),
      member,
      tail: 0,
      isDead: false,
    };
    this.#lives.set(id, life);
    return life.presence;
  }

  /** The instance stops in the middle of whatever it does. */
  kill(id: string): void {
    const life = this.#life(id);
    life.isDead = true;
    life.member.state = "lost";
  }

  at(id: string): Presence {
    return this.#life(id).presence;
  }

  living(): [string, Presence][] {
    return [...this.#lives].filter(([, { isDead }]) => !isDead).map(([id, { presence }]) => [id, presence]);
  }

  /** Every living instance beats once. */
  async beat(): Promise<void> {
    for (const { member, tail, isDead } of this.#lives.values()) if (!isDead) member.tail = tail;
    for (const [, presence] of this.living()) await presence.look(await this.#members());
    await this.settled();
  }

  /** Settles when no message is under way. */
  async settled(): Promise<void> {
    do {
      for (const deliver of this.#late.splice(0)) deliver();
      await Promise.all(this.living().map(([, presence]) => presence.idle()));
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#inFlight > 0 || this.#late.length > 0);
  }

  #life(id: string): Life {
    const life = this.#lives.get(id);
    if (!life) throw new Error(`There is no instance ${id}`);
    return life;
  }

  #make(member: Member, setTail: (tail: number) => void, isDead: () => boolean): Presence {
    const { id: instance, incarnation, epoch } = member;
    const alive = <T>(act: () => T): T => {
      if (isDead()) throw new Error(`${incarnation} is dead`);
      return act();
    };
    const identity = { instance, role: "web", incarnation };
    return new Presence({
      self: () => ({ instance, incarnation, epoch }),
      isStillSelf: async () => this.#life(instance).member.incarnation === incarnation,
      setTail,
      readMembers: () => this.#members(),
      markReaped: async (_role, id, reaped) => {
        const { member: marked } = this.#life(id);
        marked.reapedEpoch = Math.max(marked.reapedEpoch, reaped);
      },
      sessionsTable: this.sessions,
      mailboxesTable: this.mailboxes,
      publish: async (notification) => alive(() => this.#publish(notification)),
      sendTo: async (to, forwarding) => alive(() => this.#sendTo(to, forwarding)),
      sendReapTick: async (tick) => alive(() => this.#sendTick(tick)),
      reject: () => Promise.resolve(),
      graceMs: Number.POSITIVE_INFINITY,
      endedRetentionMs: Number.POSITIVE_INFINITY,
      clock: { ...systemClock, delay: () => Promise.resolve() },
      faults: noFaultPoints,
      log: presenceLog(new Log(identity, systemClock, () => undefined)),
    });
  }

  async #members(): Promise<Member[]> {
    return [...this.#lives.values()].map(({ member }) => ({ ...member }));
  }

  #publish(notification: PresenceNotification): void {
    for (const id of this.#lives.keys()) this.#deliver(id, (presence) => presence.receive(notification));
  }

  #sendTo(to: string, forwarding: Forwarding): void {
    // What may be lost is only what the protocol says may be lost: nudges. The rest is on a durable queue.
    this.#deliver(to, (presence) => presence.take(forwarding), forwarding.type === "messages");
  }

  #sendTick(tick: ReapTick): void {
    const [id] = this.living()[Math.floor(this.#random() * this.living().length)] ?? [];
    if (id !== undefined) this.#deliver(id, (presence) => presence.reaper.handle(tick), false);
  }

  #deliver(id: string, act: (presence: Presence) => Promise<unknown>, mayBeLost = true): void {
    const { lost, twice, late } = this.#faults;
    if (mayBeLost && this.#random() < lost) return;
    const times = this.#random() < twice ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      const deliver = () => void this.#run(id, act);
      if (this.#random() < late) this.#late.push(deliver);
      else setImmediate(deliver);
      this.#inFlight += 1;
    }
  }

  async #run(id: string, act: (presence: Presence) => Promise<unknown>): Promise<void> {
    try {
      const life = this.#life(id);
      if (!life.isDead) await act(life.presence);
    } catch {
      // As an instance that dies, or meets a problem, while it handles a message.
    } finally {
      this.#inFlight -= 1;
    }
  }
}
