/** A session as the client list shows it. */
export interface ListedSession {
  session: string;
  user: string;
  metadata: Record<string, unknown>;
  version: number;
  instance: string;
}

/** The sessions that are listed, found by their id and by their user. */
export class Listing {
  readonly #sessions = new Map<string, ListedSession>();
  readonly #byUser = new Map<string, Set<string>>();

  /** All sessions, by session id. */
  all(): ListedSession[] {
    return [...this.#sessions.values()].sort((a, b) => (a.session < b.session ? -1 : 1));
  }

  get(session: string): ListedSession | undefined {
    return this.#sessions.get(session);
  }

  has(session: string): boolean {
    return this.#sessions.has(session);
  }

  /** A user's sessions: one for each device. */
  ofUser(user: string): ListedSession[] {
    const ids = this.#byUser.get(user) ?? new Set();
    return [...ids].flatMap((id) => this.#sessions.get(id) ?? []);
  }

  put(listed: ListedSession): void {
    const ids = this.#byUser.get(listed.user) ?? new Set();
    this.#byUser.set(listed.user, ids.add(listed.session));
    this.#sessions.set(listed.session, listed);
  }

  remove({ session, user }: ListedSession): void {
    this.#sessions.delete(session);
    const ids = this.#byUser.get(user);
    ids?.delete(session);
    if (ids?.size === 0) this.#byUser.delete(user);
  }
}
