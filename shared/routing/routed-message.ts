import { z } from "zod";
import { routingLimits as limits } from "./limits.ts";
import { endpointSchema } from "./table.ts";

const count = z.int().min(0);
const headers = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** Where answers go: a session of the `replies` queue, or the mailbox of a connected client. */
export const replySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("queue"), sessionId: z.string(), correlationId: z.string() }),
  z.strictObject({ kind: z.literal("session"), sessionId: z.string() }),
]);

/** What the router knows of a message beside its body, wherever the message is on its way. */
export const passSchema = z.strictObject({
  /** The message's id over all its copies and tries: a hash of inbound endpoint, supplied id and content. */
  logicalId: z.string().min(1).max(128),
  /** How often it was taken out of `router-unmatched` to be routed anew. */
  replay: count,
  table: z.string(),
  inbound: z.string(),
  /** Where it was sent to, if the transport says so. */
  address: z.string().optional(),
  /** Routers that it has been through; ends loops. */
  hop: count,
  headers,
  orderingKey: z.string().min(1).max(limits.maxOrderingKeyLength).optional(),
  reply: replySchema.optional(),
});

/** An endpoint with its address, as it was when the message was decided. */
export const targetSchema = endpointSchema.extend({ name: z.string() });

/** One endpoint that a message goes to, with those that stand in for it, in order. */
export const branchSchema = z.strictObject({
  /** Hash of logical id and endpoint: what a service dedupes by. */
  id: z.string(),
  /** Its place in the decision. */
  index: count,
  /** The endpoint or choice that the entry names. */
  endpoint: z.string(),
  /** The chosen endpoint, then its backups. */
  targets: z.array(targetSchema).min(1),
  backupOnFault: z.boolean(),
});

/**
 * One copy of a branch on the outbox. Of all copies one is live, the one that the branch's row names: each later copy has a higher number,
 * and a copy that is neither the row's nor higher is completed unused.
 */
export const copySchema = z.strictObject({
  number: z.int().min(1),
  /** Tells apart copies of one number, made by two handlers of one message. The first copy has none: all its makers mean the same. */
  nonce: z.string(),
  /** Tries so far. Delays by an open circuit make copies, but are no tries. */
  tries: count,
});

export type Reply = z.output<typeof replySchema>;
export type Pass = z.output<typeof passSchema>;
export type Target = z.output<typeof targetSchema>;
export type Branch = z.output<typeof branchSchema>;
export type Copy = z.output<typeof copySchema>;

/** A message on its way through the router. */
export interface RoutedMessage {
  pass: Pass;
  body: Buffer;
  contentType: string | undefined;
}

/** The first copy of a branch: whoever sends it again sends the same. */
export const firstCopy: Copy = { number: 1, nonce: "", tries: 0 };
