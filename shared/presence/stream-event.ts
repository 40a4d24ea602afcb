import type { ClosedReason } from "./head.ts";
import type { Message } from "./message.ts";

/** A session as clients see it. */
export interface SessionView {
  sessionId: string;
  userName: string;
  instanceId: string;
  metadata: Record<string, unknown>;
  version: number;
  state: "open" | "closed";
}

/** What a client's stream is made of. */
export type StreamEvent =
  | { event: "snapshot"; data: { sessions: SessionView[] } }
  | { event: "joined" | "updated"; data: SessionView }
  | { event: "left"; data: SessionView & { reason: ClosedReason } }
  | { event: "message"; id: string; data: Message }
  /** The stream ends here; the session goes on at the URL. */
  | { event: "reconnect"; data: { url?: string; reason: string } }
  /** Messages after the client's cursor and up to this one are gone. */
  | { event: "reset"; id: string; data: { from: number; to: number } }
  /** The session has ended, and with it the stream. */
  | { event: "closed"; data: { reason: ClosedReason } };

/** A line that clients pass over; it keeps the connection from being idle. */
export const heartbeatComment = ": still here\n\n";

/** An event in the format of server-sent events. JSON has no line breaks of its own. */
export function encodeEvent(event: StreamEvent): string {
  const id = "id" in event ? `id: ${event.id}\n` : "";
  return `event: ${event.event}\n${id}data: ${JSON.stringify(event.data)}\n\n`;
}
