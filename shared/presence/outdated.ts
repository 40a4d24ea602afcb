import type { PresenceLog } from "./log.ts";
import type { Roster } from "./roster.ts";
import type { Sessions } from "./sessions.ts";

export interface OutdatedParts {
  sessions: Sessions;
  roster: Roster;
  log: PresenceLog;
}

/**
 * Finds out which of the own sessions were changed, ended or taken elsewhere although no word of it came: the client list and the heads that
 * streams read say so. Such a session is settled.
 */
export class Outdated {
  readonly #parts: OutdatedParts;

  constructor(parts: OutdatedParts) {
    this.#parts = parts;
  }

  /** Settles those of these sessions of which the client list knows something newer than this process does. No table call for the others. */
  async look(ids: readonly string[]): Promise<void> {
    const { sessions, roster } = this.#parts;
    for (const session of ids) {
      const mine = sessions.own(session);
      const listed = roster.get(session);
      if (mine && (!listed || listed.version > mine.version)) await this.#settle(session);
    }
  }

  /** A session's head was read, and has this version. Settles it in the background if that is news. */
  notice(session: string, version: number): void {
    const mine = this.#parts.sessions.own(session);
    if (mine && version > mine.version) void this.#settle(session);
  }

  async #settle(session: string): Promise<void> {
    try {
      await this.#parts.sessions.settle(session);
    } catch (error) {
      // The next look finds it again.
      this.#parts.log.unsettled(session, error);
    }
  }
}
