import { randomUUID } from "node:crypto";
import { toHeadRow, type Head } from "../../shared/presence/head.ts";
import type { Entry } from "../../shared/presence/mailbox.ts";
import { keyHash } from "../../shared/presence/mailbox.ts";

/** A session's head as it is after registering, but for what a test says. */
export function headWith(changes: Partial<Head> = {}): Head {
  return {
    session: "session-1",
    user: "ada",
    metadata: {},
    version: 1,
    owner: { instance: "web-0", incarnation: "first-life", epoch: 1 },
    epoch: 1,
    first: 1,
    next: 1,
    broadcastFrom: 0,
    createdAt: "2026-01-01T00:00:00.000Z",
    closed: undefined,
    ...changes,
  };
}

export const headRowWith = (changes: Partial<Head> = {}) => toHeadRow(headWith(changes));

/** A message with this text, and the key of its sender's request if it has one. */
export function entryWith(text: string, key?: string): Entry {
  return {
    message: {
      id: randomUUID(),
      from: { sessionId: "sender", userName: "bob" },
      to: { session: "session-1" },
      text,
      sentAt: "2026-01-01T00:00:00.000Z",
    },
    key: key === undefined ? undefined : { hash: keyHash("sender", key), digest: text },
  };
}
