import { z } from "zod";
import type { Row, StoredRow } from "../table/table-store.ts";
import { storedMetadata } from "./stored-metadata.ts";

/** Why a session has ended. */
export const closedReasons = ["closed", "expired", "instance-lost"] as const;
export type ClosedReason = (typeof closedReasons)[number];

/** One life of an instance: what owns a session. Epochs order the incarnations of one instance. */
export interface Owner {
  instance: string;
  incarnation: string;
  epoch: number;
}

/** The truth of a session: the row `head` of its mailbox. Changed by compare-and-swap only. */
export interface Head {
  session: string;
  user: string;
  metadata: Record<string, unknown>;
  /** Raised by every change of what others see of the session; messages do not raise it. */
  version: number;
  owner: Owner;
  /** Raised by every move to another owner: a late write of a former one is recognised by it. */
  epoch: number;
  /** The messages there are: first <= seq < next. */
  first: number;
  next: number;
  /** Everyone-messages up to this one were sent before the session began. */
  broadcastFrom: number;
  createdAt: string;
  closed: { reason: ClosedReason; at: string } | undefined;
}

export const headKey = "head";

const storedSchema = z.object({
  partitionKey: z.string(),
  user: z.string(),
  metadata: storedMetadata,
  version: z.number(),
  ownerInstance: z.string(),
  ownerIncarnation: z.string(),
  ownerEpoch: z.number(),
  epoch: z.number(),
  first: z.number(),
  next: z.number(),
  broadcastFrom: z.number(),
  createdAt: z.string(),
  closedReason: z.enum(closedReasons).optional(),
  closedAt: z.string().optional(),
});

/** Reads a head as the table holds it. Throws when it is not one of ours. */
export function readHead(stored: StoredRow): Head {
  const { partitionKey, ownerInstance, ownerIncarnation, ownerEpoch, closedReason, closedAt, ...rest } =
    storedSchema.parse(stored);
  return {
    session: partitionKey,
    ...rest,
    owner: { instance: ownerInstance, incarnation: ownerIncarnation, epoch: ownerEpoch },
    closed: closedReason && { reason: closedReason, at: closedAt ?? "" },
  };
}

/** The head as it is written. */
export function toHeadRow(head: Head): Row {
  const { session, owner, metadata, closed, ...rest } = head;
  return {
    partitionKey: session,
    rowKey: headKey,
    ...rest,
    metadata: JSON.stringify(metadata),
    ownerInstance: owner.instance,
    ownerIncarnation: owner.incarnation,
    ownerEpoch: owner.epoch,
    closedReason: closed?.reason,
    closedAt: closed?.at,
  };
}

/** Whether two owners are the same life of the same instance. */
export function isSameOwner(one: Owner, other: Owner): boolean {
  return one.instance === other.instance && one.incarnation === other.incarnation;
}
