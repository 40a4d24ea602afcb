/** To whom: one session, all sessions of a user, or everyone. */
export type SendTo = { session: string } | { user: string } | "everyone";

/** What to send: text, or anything JSON. */
export type OutgoingMessage = { to: SendTo } & (
  | { text: string; data?: undefined }
  | { data: unknown; text?: undefined }
);

/** The message is kept for its recipients. */
export interface Sent {
  messageId: string;
  /** How many mailboxes took it: one for each session, and a single one for everyone. */
  mailboxes: number;
}

/** The path that takes messages for this recipient. */
export function pathTo(to: SendTo): string {
  if (to === "everyone") return "/api/messages";
  return "session" in to
    ? `/api/sessions/${encodeURIComponent(to.session)}/messages`
    : `/api/users/${encodeURIComponent(to.user)}/messages`;
}
