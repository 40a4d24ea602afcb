import { z } from "zod";
import { closedReasons } from "./head.ts";

/** What others are told of one session in the sender's partition. */
export const changeSchema = z.discriminatedUnion("state", [
  z.object({
    state: z.literal("open"),
    session: z.string(),
    user: z.string(),
    metadata: z.record(z.string(), z.unknown()),
    version: z.int(),
  }),
  z.object({
    state: z.literal("closed"),
    session: z.string(),
    version: z.int(),
    reason: z.enum(closedReasons),
  }),
  /** It is another instance's now; that one tells the rest. */
  z.object({ state: z.literal("moved"), session: z.string(), version: z.int() }),
]);

export type Change = z.infer<typeof changeSchema>;

/** A message may have 256 KB; this leaves room for its properties. */
const maxBatchChars = 150_000;

/** The first of these changes, as many as one message holds; at least one. */
export function fitting(changes: readonly Change[]): Change[] {
  let chars = 0;
  const count = changes.findIndex((change, index) => {
    chars += JSON.stringify(change).length;
    return index > 0 && chars > maxBatchChars;
  });
  return changes.slice(0, count === -1 ? changes.length : count);
}

/** One batch of changes of one instance's partition. */
const changesSchema = z.object({
  type: z.literal("changes"),
  instance: z.string(),
  incarnation: z.string(),
  /** The instance's epoch: orders its incarnations. */
  epoch: z.int(),
  /** Numbers the batches of one incarnation from 1. */
  seq: z.int(),
  changes: z.array(changeSchema),
});

export type Changes = z.infer<typeof changesSchema>;

/** What a reaper has done in the partition of an instance that is lost or has restarted. */
const reapedSchema = z.object({
  type: z.literal("reaped"),
  instance: z.string(),
  changes: z.array(changeSchema),
});

/** There is an everyone-message with this number. */
const broadcastSchema = z.object({ type: z.literal("broadcast"), seq: z.int() });

/** What instances tell each other on the topic `presence`. */
export const notificationSchema = z.discriminatedUnion("type", [
  changesSchema,
  reapedSchema,
  broadcastSchema,
]);

export type PresenceNotification = z.infer<typeof notificationSchema>;
