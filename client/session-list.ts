import type { SessionView, StreamEvent } from "../shared/presence/stream-event.ts";

/** The client list, kept from a session's events. */
export class SessionList {
  #sessions = new Map<string, SessionView>();

  /** All open sessions, by session id. */
  all(): SessionView[] {
    return [...this.#sessions.values()].sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1));
  }

  get(sessionId: string): SessionView | undefined {
    return this.#sessions.get(sessionId);
  }

  apply(event: StreamEvent): void {
    switch (event.event) {
      case "snapshot":
        this.#sessions = new Map(event.data.sessions.map((session) => [session.sessionId, session]));
        return;
      case "joined":
      case "updated":
        this.#sessions.set(event.data.sessionId, event.data);
        return;
      case "left":
        this.#sessions.delete(event.data.sessionId);
        return;
      default:
    }
  }
}
