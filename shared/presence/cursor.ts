import { z } from "zod";

/** How far a client has read: its own messages, and those to everyone. */
export interface Cursor {
  seq: number;
  broadcast: number;
}

/** A cursor as it travels: the id of an event, and what a client acknowledges. */
export const cursorSchema = z
  .string()
  .regex(/^\d{1,15}\.\d{1,15}$/, { error: "must be the id of an event, such as 12.3" })
  .transform((text): Cursor => {
    const [seq = 0, broadcast = 0] = text.split(".").map(Number);
    return { seq, broadcast };
  });

export const toCursorText = ({ seq, broadcast }: Cursor): string => `${seq}.${broadcast}`;
