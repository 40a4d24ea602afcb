import { z } from "zod";
import { isShallow } from "../kernel/parse.ts";
import { presenceLimits } from "./limits.ts";

/** Text or data, as fields of what carries them. */
export const contentFields = {
  text: z
    .string()
    .max(presenceLimits.maxMessageLength, {
      error: `must not be longer than ${presenceLimits.maxMessageLength} characters`,
    })
    .optional(),
  /** Anything JSON. */
  data: z
    .json()
    .refine((data) => isShallow(data, presenceLimits.maxMessageDepth), {
      error: `must not be nested deeper than ${presenceLimits.maxMessageDepth} levels`,
    })
    .refine((data) => JSON.stringify(data).length <= presenceLimits.maxMessageLength, {
      error: `must not be longer than ${presenceLimits.maxMessageLength} characters of JSON`,
    })
    .optional(),
};

export const oneContentError = "must have either `text` or `data`";
export const hasOneContent = ({ text, data }: { text?: unknown; data?: unknown }): boolean =>
  (text === undefined) !== (data === undefined);

/** What a sender says: text or data. */
export const contentSchema = z.strictObject(contentFields).refine(hasOneContent, { error: oneContentError });

export type Content = z.output<typeof contentSchema>;

/** To whom: one session, all of a user's sessions, or everyone. */
export const recipientSchema = z.union([
  z.strictObject({ session: z.string().min(1).max(64) }),
  z.strictObject({ user: z.string().min(1).max(presenceLimits.maxUserNameLength) }),
  z.strictObject({ everyone: z.literal(true) }),
]);

export type Recipient = z.infer<typeof recipientSchema>;

/** A message as a recipient gets it. */
export const messageSchema = z.object({
  id: z.string(),
  from: z.object({ sessionId: z.string(), userName: z.string() }),
  to: recipientSchema,
  ...contentFields,
  sentAt: z.string(),
});

export type Message = z.infer<typeof messageSchema>;
