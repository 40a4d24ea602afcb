import { randomUUID } from "node:crypto";
import type { Table } from "../table/table-store.ts";
import { readInstanceRow, toRow, type InstanceRow, type InstanceState } from "./instance-row.ts";

export interface Identity {
  role: string;
  instance: string;
  url: string;
}

/** What a write to the own row showed: it is still ours, or another process with the same instance id has taken it over. */
export type Hold = "held" | "taken";

/**
 * This process's row in `Instances`.
 *
 * Boot: read the row; absent, insert it with epoch 1; present, replace it If-Match with epoch + 1. Either way the row now
 * carries this process's incarnation, and whoever held it before finds out with its next write, which fails: of two processes
 * with one instance id the later boot holds the row, whatever the order of their later writes.
 *
 * Every later write is If-Match. When one fails the row is read: it carries our incarnation, so the answer to our own earlier
 * write was lost, and we go on from what is there; or another's, and we have been taken over, which is final.
 */
export class Registration {
  readonly #table: Table;
  readonly #identity: Identity;
  readonly incarnation = randomUUID();
  #row: InstanceRow | undefined;
  #taken = false;
  /** What the row is to say. When a write of it failed, the next heartbeat carries it. */
  #wanted: InstanceState = "starting";
  #tail = 0;
  #tables = "";
  /** Writes go one after the other: a heartbeat and a change of state must not race on one ETag. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(table: Table, identity: Identity) {
    this.#table = table;
    this.#identity = identity;
  }

  get instance(): string {
    return this.#identity.instance;
  }

  get role(): string {
    return this.#identity.role;
  }

  get epoch(): number {
    return this.#row?.epoch ?? 0;
  }

  get state(): InstanceState | "unregistered" | "passive" {
    if (this.#taken) return "passive";
    return this.#row?.state ?? "unregistered";
  }

  /** Takes the row. Call once, before anything is served. Two table calls, and two more for each boot that races with this one. */
  async register(): Promise<void> {
    const { role, instance } = this.#identity;
    for (;;) {
      const stored = await this.#table.read(role, instance);
      const before = stored && readInstanceRow(stored);
      if (before?.incarnation === this.incarnation) {
        this.#row = before;
        return;
      }
      const mine = {
        ...this.#identity,
        incarnation: this.incarnation,
        epoch: (before?.epoch ?? 0) + 1,
        state: "starting" as const,
        heartbeat: 0,
        tail: 0,
        reapedEpoch: before?.reapedEpoch ?? 0,
        isForgotten: false,
        tables: "",
      };
      const etag = before
        ? await this.#table.replace(toRow(mine), before.etag)
        : await this.#table.insert(toRow(mine));
      if (etag) {
        this.#row = { ...mine, etag, writtenAt: "" };
        return;
      }
    }
  }

  /** Whether this process was given up on while it stood still: its sessions have been ended in its absence. */
  get isReaped(): boolean {
    return this.#row !== undefined && this.#row.reapedEpoch >= this.#row.epoch;
  }

  /** Whether the row still carries this process's incarnation, and it has not been given up on, as it is in the table now. One table call. */
  async isStillHeld(): Promise<boolean> {
    const stored = await this.#table.read(this.#identity.role, this.#identity.instance);
    if (!stored) return false;
    const { incarnation, epoch, reapedEpoch } = readInstanceRow(stored);
    return incarnation === this.incarnation && reapedEpoch < epoch;
  }

  /** The next heartbeat tells others the number of the last presence batch. */
  setTail(tail: number): void {
    this.#tail = tail;
  }

  /** The next write of the row says this of the routing tables. */
  setTables(tables: string): void {
    this.#tables = tables;
  }

  /** Raises the heartbeat counter, and writes whatever else the row is to say. One table call. */
  heartbeat(): Promise<Hold> {
    return this.#write();
  }

  /** Writes the state; when that fails, the next heartbeat does. One table call. */
  setState(state: InstanceState): Promise<Hold> {
    this.#wanted = state;
    return this.#write();
  }

  #write(): Promise<Hold> {
    const next = this.#turn.then(() => this.#writeNow());
    // The chain goes on after a failed write; the failure itself belongs to the caller.
    this.#turn = next.catch(() => undefined);
    return next;
  }

  async #writeNow(): Promise<Hold> {
    for (;;) {
      if (this.#taken) return "taken";
      if (!this.#row) throw new Error("An instance writes its row only after it has registered");
      const { heartbeat } = this.#row;
      const next = {
        ...this.#row,
        state: this.#wanted,
        heartbeat: heartbeat + 1,
        tail: this.#tail,
        isForgotten: false,
        tables: this.#tables,
      };
      const etag = await this.#table.replace(toRow(next), this.#row.etag);
      if (etag) {
        this.#row = { ...next, etag };
        return "held";
      }
      const stored = await this.#table.read(this.#identity.role, this.#identity.instance);
      const now = stored && readInstanceRow(stored);
      if (now?.incarnation === this.incarnation) this.#row = now;
      else this.#taken = true;
    }
  }
}
