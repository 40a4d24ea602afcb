import type { Clock } from "../kernel/clock.ts";
import type { StoredRow, Table } from "../table/table-store.ts";
import { readInstanceRow, type InstanceRow, type InstanceState } from "./instance-row.ts";
import { Liveness } from "./liveness.ts";

/** An instance as others see it. */
export interface InstanceView {
  id: string;
  role: string;
  url: string;
  /** What it says of itself, or `lost` when its heartbeats have stopped. */
  state: InstanceState | "lost";
  incarnation: string;
  epoch: number;
  lastSeen: string;
  tail: number;
  reapedEpoch: number;
  /** What it says of the routing tables that it serves. */
  tables: string;
  /** Whether this process has itself seen it move lately: what a budget may count on. */
  isSeenAlive: boolean;
}

export interface DirectoryOptions {
  heartbeatMs: number;
  self: string;
  /** A row of `Instances` is none of ours. */
  onUnreadable: (row: string, error: unknown) => void;
}

/** The whole fleet, read with one query of `Instances`. */
export class Directory {
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #liveness: Liveness;
  readonly #self: string;
  readonly #onUnreadable: (row: string, error: unknown) => void;

  /**
   * `self` is the own incarnation: this process is alive, whatever it has seen so far. Whether another process that has taken over
   * its instance id is alive, it has to see.
   */
  constructor(table: Table, clock: Clock, options: DirectoryOptions) {
    this.#table = table;
    this.#clock = clock;
    this.#liveness = new Liveness(options.heartbeatMs);
    this.#self = options.self;
    this.#onUnreadable = options.onUnreadable;
  }

  /** Reads every instance of every role that is not forgotten, ordered by role and id. One table call (one per 1,000 instances). */
  async read(): Promise<InstanceView[]> {
    const askedAtMs = this.#clock.monotonicMs();
    const rows = (await this.#table.everything())
      .flatMap((stored) => this.#readable(stored))
      .filter(({ isForgotten }) => !isForgotten);
    const answeredAtMs = this.#clock.monotonicMs();
    this.#liveness.observe(new Map(rows.map((row) => [keyOf(row), row])), answeredAtMs);
    return rows.map((row) => this.#view(row, askedAtMs, answeredAtMs)).sort(byRoleAndId);
  }

  /** One row that somebody has spoilt must not hide the fleet. */
  #readable(stored: StoredRow): InstanceRow[] {
    try {
      return [readInstanceRow(stored)];
    } catch (error) {
      this.#onUnreadable(`${stored.partitionKey}/${stored.rowKey}`, error);
      return [];
    }
  }

  #view(row: InstanceRow, askedAtMs: number, answeredAtMs: number): InstanceView {
    const key = keyOf(row);
    const {
      instance: id,
      role,
      url,
      incarnation,
      epoch,
      writtenAt: lastSeen,
      tail,
      reapedEpoch,
      tables,
    } = row;
    const state = this.#liveness.isLost(key, askedAtMs) ? "lost" : row.state;
    const isSeenAlive = incarnation === this.#self || this.#liveness.isSeenAlive(key, answeredAtMs);
    return { id, role, url, state, incarnation, epoch, lastSeen, tail, reapedEpoch, tables, isSeenAlive };
  }
}

const keyOf = (row: InstanceRow): string => `${row.role}/${row.instance}`;

/** Numbers in ids count as numbers: web-2 comes before web-10. */
const natural = new Intl.Collator("en", { numeric: true });

function byRoleAndId(a: InstanceView, b: InstanceView): number {
  return natural.compare(a.role, b.role) || natural.compare(a.id, b.id);
}
