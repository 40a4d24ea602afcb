import { z } from "zod";
import { messageSchema } from "./message.ts";

/** That a message is in a session's mailbox, with the message when it is small: the owner reads the table only on a gap. */
const nudgeSchema = z.object({ session: z.string(), seq: z.int(), message: messageSchema.optional() });

export type Nudge = z.infer<typeof nudgeSchema>;

/** What an instance is told on its own queue `instance-<id>`. */
export const forwardingSchema = z.discriminatedUnion("type", [
  /** Messages wait. `hops` counts how often it was passed on to where the session had moved. */
  z.object({ type: z.literal("messages"), nudges: z.array(nudgeSchema), hops: z.int().default(0) }),
  /** A session that it owns was changed from elsewhere. */
  z.object({ type: z.literal("settle"), session: z.string() }),
  /** A session was registered elsewhere, to begin here. */
  z.object({
    type: z.literal("register"),
    session: z.string(),
    user: z.string(),
    metadata: z.record(z.string(), z.unknown()),
    broadcastFrom: z.int(),
  }),
  /** A client has acknowledged elsewhere. */
  z.object({
    type: z.literal("ack"),
    session: z.string(),
    cursor: z.object({ seq: z.int(), broadcast: z.int() }),
  }),
]);

export type Forwarding = z.infer<typeof forwardingSchema>;
