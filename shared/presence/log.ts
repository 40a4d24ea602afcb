import { reasonOf, type Log } from "../kernel/log.ts";
import type { Head } from "./head.ts";

/** Whether what is told happened to a session of this instance or of another. */
type Place = "local" | "remote";

/** What the presence slice tells the log. */
export const presenceLog = (log: Log) => ({ ...sessionLog(log), ...messageLog(log), ...rosterLog(log) });

export type PresenceLog = ReturnType<typeof presenceLog>;

/** Sessions that come, change, move and go. */
function sessionLog(log: Log) {
  const tell = (
    event: string,
    what: string,
    session: string,
    user: string,
    place: Place,
    on: string,
    more: Record<string, string> = {},
  ) =>
    log.emit("info", event, `${place} session ${session} of ${user} on ${on} ${what}`, {
      session,
      user,
      place,
      on,
      ...more,
    });
  return {
    joined: (session: string, user: string, place: Place, on: string) =>
      tell("session.joined", "has come", session, user, place, on),
    updated: (session: string, user: string, place: Place, on: string) =>
      tell("session.updated", "has changed", session, user, place, on),
    left: (session: string, user: string, place: Place, on: string, reason: string) =>
      tell("session.left", `has gone: ${reason}`, session, user, place, on, { reason }),
    adopted: ({ session, user, owner }: Head, from: string) =>
      tell("session.moved", `has moved here from ${from}`, session, user, "local", owner.instance, { from }),
    movedAway: ({ session, user, owner }: Head) =>
      tell("session.moved", "has moved there", session, user, "remote", owner.instance),
  };
}

/** Messages on their way. */
function messageLog(log: Log) {
  return {
    message: (messageId: string, session: string, place: Place, on: string) =>
      log.emit(
        "info",
        "message.delivered",
        `message ${messageId} goes to the ${place} session ${session} on ${on}`,
        { messageId, session, place, on },
      ),
    untrimmed: (error: unknown) =>
      log.emit(
        "warn",
        "message.untrimmed",
        `old messages to everyone could not be removed: ${reasonOf(error)}`,
        {
          reason: reasonOf(error),
        },
      ),
    unforwarded: (to: string, count: number, error: unknown) =>
      log.emit(
        "warn",
        "message.unforwarded",
        `${count} nudges to ${to} could not be sent; it will look by itself: ${reasonOf(error)}`,
        { to, count, reason: reasonOf(error) },
      ),
  };
}

/** How the client list is kept true. */
function rosterLog(log: Log) {
  return {
    untold: (changes: number, error: unknown) =>
      log.emit(
        "warn",
        "presence.untold",
        `${changes} changes could not be told; others will read them: ${reasonOf(error)}`,
        { changes, reason: reasonOf(error) },
      ),
    readAgain: (of: string, reason: string) =>
      log.emit("info", "presence.read-again", `the sessions of ${of} are read: ${reason}`, { of, reason }),
    unsettled: (session: string, error: unknown) =>
      log.emit("warn", "presence.unsettled", `session ${session} was not settled: ${reasonOf(error)}`, {
        session,
        reason: reasonOf(error),
      }),
    untidied: (session: string, error: unknown) =>
      log.emit("warn", "presence.untidied", `what is left of session ${session} stays: ${reasonOf(error)}`, {
        session,
        reason: reasonOf(error),
      }),
    tidied: (session: string, kept: number) =>
      log.emit(
        "info",
        "presence.tidied",
        `the mailbox of the ended session ${session} is gone; ${kept} messages that nobody had acknowledged are on rejected`,
        { session, kept },
      ),
    unread: (of: string, error: unknown) =>
      log.emit("warn", "presence.unread", `the sessions of ${of} could not be read: ${reasonOf(error)}`, {
        of,
        reason: reasonOf(error),
      }),
    reaped: (of: string, incarnation: string, closed: number) =>
      log.emit("warn", "presence.reaped", `${closed} sessions of ${of} ended with it`, {
        of,
        incarnation,
        closed,
      }),
  };
}
