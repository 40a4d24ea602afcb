import { z } from "zod";
import { packText, unpackText } from "../table/long-text.ts";
import type { Row, StoredRow } from "../table/table-store.ts";

export const operationStates = [
  "waiting",
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
] as const;
export type OperationState = (typeof operationStates)[number];

const outcomeSchema = z.discriminatedUnion("state", [
  z.object({ state: z.literal("recycled") }),
  z.object({ state: z.literal("failed"), reason: z.string() }),
  z.object({ state: z.literal("timed-out"), phase: z.enum(["delivery", "execution"]), reason: z.string() }),
  z.object({ state: z.literal("cancelled"), reason: z.string() }),
]);

/** How a target ended, for good. */
export type Outcome = z.infer<typeof outcomeSchema>;

const targetSchema = z.object({
  instance: z.string(),
  role: z.string(),
  /** The incarnation that was running when the operation started. Another one that is ready means: recycled. */
  incarnation: z.string(),
  /** The wave that released it; absent while it is pending. */
  wave: z.int().optional(),
  /** Operation time (see `elapsedMs`) at which it was released, and at which its acknowledgement was first seen. */
  releasedAtMs: z.number().optional(),
  underwayAtMs: z.number().optional(),
  outcome: outcomeSchema.optional(),
});

/** One instance that an operation is meant for. */
export type Target = z.infer<typeof targetSchema>;

const requestSchema = z.object({
  roles: z.array(z.string()),
  instances: z.array(z.string()).optional(),
  from: z.string(),
  tag: z.string(),
  data: z.json().optional(),
  /** How many instances of the roles may be away at once: a number, or a share of the targets in percent; absent: all. */
  maxUnavailable: z.union([z.int(), z.string()]).optional(),
  maxErrors: z.int(),
  deliveryTimeoutMs: z.number(),
  executionTimeoutMs: z.number(),
});

/** What was asked for, checked and with every default filled in. */
export type OperationRequest = z.infer<typeof requestSchema>;

const replySchema = z.object({
  entity: z.literal("replies"),
  sessionId: z.string(),
  correlationId: z.string(),
});

const headerSchema = z.object({
  id: z.string(),
  state: z.enum(operationStates),
  request: requestSchema,
  /** Digest of the request as it came, to tell a repeat from another request under the same key. */
  digest: z.string(),
  reply: replySchema.optional(),
  createdAt: z.string(),
  endedAt: z.string().optional(),
  /** Raised by every move; a tick is for one step. */
  step: z.int(),
  /** The tick that made the last move: only a redelivery of that one may send again what the move called for. */
  movedBy: z.string(),
  /** When the broker made that tick available, by the broker's clock. */
  tickAtMs: z.number().optional(),
  /**
   * Operation time: the sum of the delays of the ticks that moved it, each counted for no more than lay between it and the one before
   * by the broker's clock. It lags real time, never runs ahead of it, and needs no two clocks to agree.
   */
  elapsedMs: z.number(),
  /** Operation time at which a target last got further. */
  progressAtMs: z.number(),
  wave: z.int(),
  targets: z.array(targetSchema),
});

/** The header of an operation: everything that drivers decide, in one row that they compare and swap. */
export type Header = z.infer<typeof headerSchema>;

export const headerRowKey = "header";

/** The header's row. `state` and `step` stand beside the document so that people can query for them. */
export function headerToRow(header: Header): Row {
  const { id, state, step } = header;
  return {
    partitionKey: id,
    rowKey: headerRowKey,
    state,
    step,
    ...packText("document", JSON.stringify(header)),
  };
}

/** Reads a header's row. Throws when it is not one of ours. */
export function headerFromRow(row: StoredRow): Header {
  return headerSchema.parse(JSON.parse(unpackText("document", row)));
}

export function hasEnded(header: Header): boolean {
  return header.state === "succeeded" || header.state === "failed" || header.state === "cancelled";
}
