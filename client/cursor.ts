import type { Cursor } from "../shared/presence/cursor.ts";

/** How far a client has read before its first message. */
export const start: Cursor = { seq: 0, broadcast: 0 };

/** Reads the id of an event. Undefined when it is none of ours. */
export function parseCursor(text: string): Cursor | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
  return match ? { seq: Number(match[1]), broadcast: Number(match[2]) } : undefined;
}

export const formatCursor = ({ seq, broadcast }: Cursor): string => `${seq}.${broadcast}`;

/** The further of two cursors in each of their parts: a client that has read something has read it. */
export function furthest(one: Cursor, other: Cursor): Cursor {
  return {
    seq: Math.max(one.seq, other.seq),
    broadcast: Math.max(one.broadcast, other.broadcast),
  };
}

/** Whether a cursor says nothing that the other does not. */
export function isAtOrBelow(one: Cursor, other: Cursor): boolean {
  return one.seq <= other.seq && one.broadcast <= other.broadcast;
}
