import type { Owner } from "./head.ts";
import type { PresenceLog } from "./log.ts";
import type { Member, ReadMembers } from "./member.ts";
import type { Changes } from "./notification.ts";
import type { Roster } from "./roster.ts";
import type { SessionRows } from "./session-rows.ts";

export interface WatchParts {
  self: () => Owner;
  roster: Roster;
  rows: SessionRows;
  readMembers: ReadMembers;
  log: PresenceLog;
}

/** What was last seen of a member when its partition was read. */
interface Seen {
  incarnation: string;
  reapedEpoch: number;
  /** A tail beyond our cursor; its batch may be under way. */
  behindTail: number;
}

/**
 * Keeps the roster true: takes batches as they come, and reads a partition again when a batch is missing, when its instance has restarted,
 * or when it was reaped. What batches do not say the heartbeat's read of `Instances` does, so that a lost batch is a delay of two
 * heartbeats; an idle instance pays nothing but that read.
 */
export class Watch {
  readonly #parts: WatchParts;
  readonly #seen = new Map<string, Seen>();
  readonly #reading = new Map<string, Promise<void>>();
  #missed = 0;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Batches that never came, as heartbeats showed: when it goes on rising, this instance's subscription does not work. */
  get missed(): number {
    return this.#missed;
  }

  /** Takes a batch of another instance. */
  async receive(changes: Changes): Promise<void> {
    const { roster, readMembers, self } = this.#parts;
    if (changes.instance === self().instance || roster.apply(changes) !== "read-again") return;
    const member = (await readMembers()).find(({ id }) => id === changes.instance);
    if (!member) return;
    // Its rows were written before the batch was sent; the tail in its heartbeat row may be behind both.
    const isOfMember = member.incarnation === changes.incarnation;
    const tail = isOfMember ? Math.max(member.tail, changes.seq) : member.tail;
    await this.#readPartition({ ...member, tail }, `batch ${changes.seq} does not follow what is known`);
    // A reading that was under way already may be older than the batch.
    roster.apply(changes);
  }

  /** Call at every heartbeat, with the fleet as it was just read. */
  async look(members: readonly Member[]): Promise<void> {
    await Promise.all(
      members.map(async (member) => {
        const why = this.#whyRead(member);
        if (why !== undefined) await this.#readPartition(member, why);
      }),
    );
    this.#parts.roster.settleMissing();
  }

  #whyRead(member: Member): string | undefined {
    const { roster } = this.#parts;
    const seen = this.#seen.get(member.id);
    if (!seen) return "it is new here";
    if (seen.incarnation !== member.incarnation) return "it has restarted";
    if (seen.reapedEpoch !== member.reapedEpoch) return "it was reaped";
    if (member.id === this.#parts.self().instance) return undefined;
    const cursor = roster.cursor(ownerOf(member)) ?? -1;
    // A batch may be slower than the heartbeat that tells of it: only what is still missing at the next one is lost.
    if (member.tail > cursor && seen.behindTail > cursor) {
      this.#missed += member.tail - cursor;
      return `batch ${member.tail} did not come`;
    }
    seen.behindTail = member.tail;
    return undefined;
  }

  #readPartition(member: Member, why: string): Promise<void> {
    const reading =
      this.#reading.get(member.id) ??
      this.#readNow(member, why).finally(() => this.#reading.delete(member.id));
    this.#reading.set(member.id, reading);
    return reading;
  }

  async #readNow(member: Member, why: string): Promise<void> {
    const { roster, rows, log, self } = this.#parts;
    // What is known of its batches is in the rows, too, although its heartbeat may not have told of them, and never will if it has died.
    const tail = Math.max(member.tail, roster.cursor(ownerOf(member)) ?? 0);
    try {
      const all = await rows.of(member.id);
      const { incarnation } = self();
      // What this process itself has written it knows already, and better: only its predecessors' rows are news.
      const others = all.filter(({ owner }) => owner.incarnation !== incarnation);
      const isTaken = roster.replace({
        owner: ownerOf(member),
        tail,
        rows: member.id === self().instance ? others : all,
      });
      // Batches came meanwhile: the next heartbeat reads again.
      if (!isTaken) return;
      this.#seen.set(member.id, {
        incarnation: member.incarnation,
        reapedEpoch: member.reapedEpoch,
        behindTail: 0,
      });
      log.readAgain(member.id, why);
    } catch (error) {
      // The next heartbeat finds it unread.
      log.unread(member.id, error);
    }
  }
}

const ownerOf = ({ id, incarnation, epoch }: Member): Owner => ({ instance: id, incarnation, epoch });
