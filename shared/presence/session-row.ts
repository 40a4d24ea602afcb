import { z } from "zod";
import type { Row, StoredRow } from "../table/table-store.ts";
import { closedReasons, type ClosedReason, type Head, type Owner } from "./head.ts";
import { storedMetadata } from "./stored-metadata.ts";

/**
 * `opening`: the owner is about to take the session; its head may still be another's. `open` and `closed`: the head said so. Closed rows
 * stay for a while as tombstones, so that those who missed the news find the reason.
 */
export const rowStates = ["opening", "open", "closed"] as const;

/** A row of `Sessions`, partition = owner instance: the copy of a head, for listing. Replaced only by a higher version. */
export interface SessionRow {
  owner: Owner;
  session: string;
  user: string;
  metadata: Record<string, unknown>;
  version: number;
  /** The session's own epoch, as in its head. */
  epoch: number;
  state: (typeof rowStates)[number];
  reason: ClosedReason | undefined;
  /** Of a closed row: up to which message its client is known to have read. 0 when its owner was not there to say. */
  acknowledged: number;
  /** When the row was last written, by the table service's clock. */
  writtenAt: string;
  etag: string;
}

const storedSchema = z.object({
  partitionKey: z.string(),
  rowKey: z.string(),
  incarnation: z.string(),
  ownerEpoch: z.number(),
  user: z.string(),
  metadata: storedMetadata,
  version: z.number(),
  epoch: z.number(),
  state: z.enum(rowStates),
  reason: z.enum(closedReasons).optional(),
  acknowledged: z.number().default(0),
  timestamp: z.string().default(""),
  etag: z.string(),
});

/** Reads a row as the table holds it. Throws when it is not one of ours. */
export function readSessionRow(stored: StoredRow): SessionRow {
  const {
    partitionKey: instance,
    rowKey: session,
    incarnation,
    ownerEpoch,
    reason,
    timestamp: writtenAt,
    ...rest
  } = storedSchema.parse(stored);
  return { ...rest, session, reason, writtenAt, owner: { instance, incarnation, epoch: ownerEpoch } };
}

/** The row that says of a session what its head says; `opening` before the head says it. */
export function toSessionRow(head: Head, state: SessionRow["state"], acknowledged?: number): Row {
  const { session, owner, user, metadata, version, epoch, closed } = head;
  return {
    partitionKey: owner.instance,
    rowKey: session,
    incarnation: owner.incarnation,
    ownerEpoch: owner.epoch,
    user,
    metadata: JSON.stringify(metadata),
    version,
    epoch,
    state,
    reason: state === "closed" ? closed?.reason : undefined,
    acknowledged,
  };
}
