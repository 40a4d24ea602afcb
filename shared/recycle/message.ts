import { z } from "zod";
import { operationIdSchema } from "../kernel/names.ts";

/**
 * The notification on `control`: who asks, whom, and what the asker wants the application to know. It says "look at this
 * operation"; whether the reader acts is decided by the operation's header.
 */
export const notificationSchema = z.strictObject({
  type: z.literal("recycle"),
  operation: operationIdSchema,
  /** Who asks: an instance or a caller. */
  from: z.string(),
  /** Whom: the roles that are asked. */
  roles: z.array(z.string()),
  tag: z.string(),
  data: z.json().optional(),
});

export type Notification = z.infer<typeof notificationSchema>;
