import type { ClosedReason, Owner } from "./head.ts";
import { Listing, type ListedSession } from "./listing.ts";
import type { Change, Changes } from "./notification.ts";
import type { SessionRow } from "./session-row.ts";

/** What a change of the roster means for those who look on. */
export type RosterEvent =
  | { kind: "joined"; session: ListedSession }
  | { kind: "updated"; session: ListedSession }
  | { kind: "left"; session: ListedSession; reason: ClosedReason };

/** What one partition says of a session. */
type Said =
  | { state: "open"; user: string; metadata: Record<string, unknown>; version: number }
  | { state: "closed"; version: number; reason: ClosedReason };

interface Partition {
  instance: string;
  incarnation: string;
  epoch: number;
  /** The last batch that is in here. */
  seq: number;
  said: Map<string, Said>;
}

/** A partition as it was read. Its tail was known before its rows were read, so the rows are at least as new. */
export interface PartitionReading {
  owner: Owner;
  tail: number;
  rows: readonly SessionRow[];
}

/** For so many heartbeats it is known of a session that it has closed. */
const rememberedLooks = 60;

/** The own partition is written by this process itself: nobody needs to be asked what is in it. */
const ownKey = "";

/**
 * Who is connected, on any instance, in memory: for each instance what its partition of `Sessions` says.
 *
 * A partition is read as a whole, and then kept current by batches in order. A batch at or below the cursor is an old one; a gap or another
 * incarnation means that the partition must be read again. What several partitions say of one session is settled by its version, which
 * every change of its head raises: the highest counts. So repeated, missed and reordered batches end in the same list.
 *
 * A session that a partition no longer names, without having said that it closed, is moving: it stays listed as it was until another
 * partition names it, or until `settleMissing` has found it missing twice.
 */
export class Roster {
  readonly #partitions = new Map<string, Partition>();
  readonly #listed = new Listing();
  readonly #onEvents: (events: RosterEvent[]) => void;
  readonly #fading = new Fading();
  /** Listed sessions that no partition names. */
  #missing = new Set<string>();

  constructor(onEvents: (events: RosterEvent[]) => void) {
    this.#onEvents = onEvents;
  }

  /** All sessions, by session id. */
  list(): ListedSession[] {
    return this.#listed.all();
  }

  /** A user's sessions: one for each device. */
  ofUser(user: string): ListedSession[] {
    return this.#listed.ofUser(user);
  }

  get(session: string): ListedSession | undefined {
    return this.#listed.get(session);
  }

  /** The last batch that is known of an incarnation; undefined when its partition has not been read. */
  cursor({ instance, incarnation }: Owner): number | undefined {
    const partition = this.#partitions.get(instance);
    return partition?.incarnation === incarnation ? partition.seq : undefined;
  }

  /** Takes a change that this process has made in its own partition. */
  sayOwn(owner: Owner, change: Change): void {
    const own = this.#partitions.get(ownKey) ?? { ...owner, seq: 0, said: new Map<string, Said>() };
    this.#partitions.set(ownKey, own);
    this.#say(own, change);
    this.#update([change.session]);
  }

  /** Takes what a reaper has done in a partition. */
  applyReaped(instance: string, changes: readonly Change[]): void {
    const partition = this.#partitions.get(instance);
    if (!partition) return;
    for (const change of changes) this.#say(partition, change);
    this.#update(changes.map(({ session }) => session));
  }

  /** Takes a batch. Returns whether the partition must be read again instead. */
  apply({ instance, incarnation, epoch, seq, changes }: Changes): "taken" | "old" | "read-again" {
    const partition = this.#partitions.get(instance);
    if (!partition || epoch > partition.epoch) return "read-again";
    if (epoch < partition.epoch || incarnation !== partition.incarnation || seq <= partition.seq)
      return "old";
    if (seq > partition.seq + 1) return "read-again";
    partition.seq = seq;
    for (const change of changes) this.#say(partition, change);
    this.#update(changes.map(({ session }) => session));
    return "taken";
  }

  /** Takes a whole partition as it was read. A reading that is older than what is known already is passed over: returns whether it was taken. */
  replace({ owner, tail, rows }: PartitionReading): boolean {
    const { instance, incarnation, epoch } = owner;
    const before = this.#partitions.get(instance);
    if (before && (epoch < before.epoch || (epoch === before.epoch && tail < before.seq))) return false;
    const said = new Map<string, Said>();
    for (const row of rows) if (row.state !== "opening") said.set(row.session, saidBy(row));
    const partition = { instance, incarnation, epoch, seq: tail, said };
    this.#partitions.set(instance, partition);
    for (const { session, state } of rows) if (state === "closed") this.#fading.add(partition, session);
    this.#update([...(before?.said.keys() ?? []), ...said.keys()]);
    return true;
  }

  /** Call at every heartbeat: what was missing at the last call and still is has ended without a word. */
  settleMissing(): void {
    const gone = [...this.#missing].filter((session) => this.#saidOf(session) === undefined);
    const events: RosterEvent[] = [];
    for (const id of gone) {
      const session = this.#listed.get(id);
      if (session && this.#overdue.has(id)) {
        this.#listed.remove(session);
        events.push({ kind: "left", session, reason: "closed" });
      }
    }
    this.#overdue = new Set(gone.filter((id) => this.#listed.has(id)));
    this.#missing = new Set(this.#overdue);
    this.#fading.age();
    if (events.length > 0) this.#onEvents(events);
  }

  #say(partition: Partition, change: Change): void {
    say(partition, change);
    if (change.state === "closed") this.#fading.add(partition, change.session);
  }

  /** Sessions that were missing at the last call of settleMissing already. */
  #overdue = new Set<string>();

  #update(sessions: Iterable<string>): void {
    const events: RosterEvent[] = [];
    for (const session of new Set(sessions)) {
      const event = this.#updateOne(session);
      if (event) events.push(event);
    }
    if (events.length > 0) this.#onEvents(events);
  }

  #updateOne(session: string): RosterEvent | undefined {
    const before = this.#listed.get(session);
    const found = this.#saidOf(session);
    if (!found) {
      if (before) this.#missing.add(session);
      return undefined;
    }
    this.#missing.delete(session);
    const { instance, said } = found;
    if (said.state === "closed") {
      if (!before) return undefined;
      this.#listed.remove(before);
      return { kind: "left", session: before, reason: said.reason };
    }
    const { user, metadata, version } = said;
    const after: ListedSession = { session, user, metadata, version, instance };
    this.#listed.put(after);
    if (!before) return { kind: "joined", session: after };
    return before.version === version ? undefined : { kind: "updated", session: after };
  }

  /** What counts of what the partitions say: the highest version; at the same one, that it has closed. */
  #saidOf(session: string): { instance: string; said: Said } | undefined {
    let best: { instance: string; said: Said } | undefined;
    for (const { instance, said } of this.#partitions.values()) {
      const one = said.get(session);
      if (
        one &&
        (!best ||
          one.version > best.said.version ||
          (one.version === best.said.version && one.state === "closed"))
      )
        best = { instance, said: one };
    }
    return best;
  }
}

/**
 * That a session has closed is remembered for long enough to outlast whatever older may still be on its way, and then forgotten: of every
 * session that ever was something would stay otherwise.
 */
class Fading {
  readonly #generations: { partition: Partition; session: string }[][] = [[]];

  add(partition: Partition, session: string): void {
    this.#generations.at(-1)?.push({ partition, session });
  }

  age(): void {
    this.#generations.push([]);
    if (this.#generations.length <= rememberedLooks) return;
    for (const { partition, session } of this.#generations.shift() ?? []) {
      if (partition.said.get(session)?.state === "closed") partition.said.delete(session);
    }
  }
}

function say(partition: Partition, change: Change): void {
  const known = partition.said.get(change.session);
  if (known && known.version > change.version) return;
  if (change.state === "moved") partition.said.delete(change.session);
  else if (change.state === "closed") {
    partition.said.set(change.session, { state: "closed", version: change.version, reason: change.reason });
  } else {
    const { user, metadata, version } = change;
    partition.said.set(change.session, { state: "open", user, metadata, version });
  }
}

function saidBy({ state, user, metadata, version, reason }: SessionRow): Said {
  return state === "closed"
    ? { state, version, reason: reason ?? "closed" }
    : { state: "open", user, metadata, version };
}
