import type { ListedSession } from "./listing.ts";

/** A user as the client list shows it: all devices folded into one. */
export interface ListedUser {
  userName: string;
  sessions: number;
  instances: string[];
}

/** The users of these sessions, by name. */
export function usersOf(sessions: readonly ListedSession[]): ListedUser[] {
  const users = new Map<string, ListedUser>();
  for (const { user, instance } of sessions) {
    const known = users.get(user) ?? { userName: user, sessions: 0, instances: [] };
    users.set(user, known);
    known.sessions += 1;
    if (!known.instances.includes(instance)) known.instances.push(instance);
  }
  return [...users.values()].sort((a, b) => (a.userName < b.userName ? -1 : 1));
}
