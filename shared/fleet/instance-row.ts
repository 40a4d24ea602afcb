import { z } from "zod";
import type { Row, StoredRow } from "../table/table-store.ts";

/** What an instance says of itself. */
export type InstanceState = "starting" | "ready" | "draining";

/**
 * A row of `Instances`: partition = role, row = instance id. Written by its holder only, always If-Match; taken over by a
 * later boot, which raises the epoch.
 */
export interface InstanceRow {
  role: string;
  instance: string;
  /** One life of the process: a new id at every boot, and only then. */
  incarnation: string;
  /** Raised by every boot; orders the incarnations of one instance. */
  epoch: number;
  state: InstanceState;
  url: string;
  /** Raised with every heartbeat. A counter, not a time: observers watch it change on their own clocks. */
  heartbeat: number;
  /** The number of the last presence batch that this incarnation sent: who missed one finds out by it. */
  tail: number;
  /** Sessions of all incarnations up to this epoch have been reaped. Raised by whoever reaped them, never lowered. */
  reapedEpoch: number;
  /** An operator has said that it is gone for good. The row stays, for its epoch: whoever boots with this id goes on from it. */
  isForgotten: boolean;
  /** What it says of the routing tables that it serves, as the routing slice writes it. */
  tables: string;
  /** When the row was last written, by the table service's clock; for people. */
  writtenAt: string;
  etag: string;
}

const storedSchema = z.object({
  partitionKey: z.string(),
  rowKey: z.string(),
  incarnation: z.string(),
  epoch: z.number(),
  state: z.enum(["starting", "ready", "draining"]),
  url: z.string(),
  heartbeat: z.number(),
  tail: z.number(),
  reapedEpoch: z.number(),
  isForgotten: z.boolean().default(false),
  tables: z.string().default(""),
  timestamp: z.string().default(""),
  etag: z.string(),
});

/** Reads a row as the table holds it. Throws when it is not one of ours. */
export function readInstanceRow(stored: StoredRow): InstanceRow {
  const { partitionKey, rowKey, timestamp, ...rest } = storedSchema.parse(stored);
  return { role: partitionKey, instance: rowKey, writtenAt: timestamp, ...rest };
}

/** The row as it is written. */
export function toRow(row: Omit<InstanceRow, "etag" | "writtenAt">): Row {
  const { role, instance, ...rest } = row;
  const { incarnation, epoch, state, url, heartbeat, tail, reapedEpoch, isForgotten, tables } = rest;
  return {
    partitionKey: role,
    rowKey: instance,
    incarnation,
    epoch,
    state,
    url,
    heartbeat,
    tail,
    reapedEpoch,
    isForgotten,
    tables,
  };
}
