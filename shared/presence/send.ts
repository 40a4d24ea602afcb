import { createHash, randomUUID } from "node:crypto";
import { canonicalJson } from "../kernel/canonical-json.ts";
import type { Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import { Problem } from "../kernel/problem.ts";
import { Appender, type Appended, type AppenderParts } from "./append.ts";
import type { Nudge } from "./forwarding.ts";
import { headKey } from "./head.ts";
import type { ListedSession } from "./listing.ts";
import type { PresenceLog } from "./log.ts";
import { keyHash, type Entry, type Kept, type Mailboxes } from "./mailbox.ts";
import type { Content, Message, Recipient } from "./message.ts";
import { everyone } from "./stream.ts";
import { trim } from "./trim.ts";

/** So many mailboxes' appenders are kept when they have nothing to do: each remembers its mailbox's head. */
const maxIdleAppenders = 5_000;

/** Messages to everyone that stay, and how often older ones are removed. */
const keptForEveryone = 1_000;
const trimEveryoneEvery = 100;

export interface Sending {
  from: { sessionId: string; userName: string };
  to: Recipient;
  content: Content;
  /** The same sender, recipient and key name the same message. */
  key: string | undefined;
}

export interface Sent {
  messageId: string;
  /** Where it was put: a session, or `*` for everyone. */
  mailboxes: { session: string; seq: number }[];
}

export interface SenderParts extends AppenderParts {
  mailboxes: Mailboxes;
  clock: Clock;
  faults: FaultPoints;
  /** A user's sessions, as this instance's client list has them. */
  sessionsOf: (user: string) => ListedSession[];
  /** Which instance owns a session, as its mailbox's head says. */
  deliver: (instance: string, nudge: Nudge) => void;
  /** Tells every instance of a message to everyone. */
  tellBroadcast: (kept: Kept) => void;
  log: PresenceLog;
}

/**
 * Takes messages from clients and workflows. Mailbox first: when `send` returns, the message is kept in every recipient's mailbox and will be
 * delivered, whatever happens to this process; then its instance is told.
 */
export class Sender {
  readonly #parts: SenderParts;
  readonly #appenders = new Map<string, Appender>();

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /**
   * Settles when the message is kept. Throws Problem: `unknown-session`, `unknown-user`, `session-closed`, `mailbox-full`, `key-reused`.
   * Costs one table transaction for each mailbox, shared with other messages to it, and one send for each instance but this one, shared too.
   */
  async send(sending: Sending): Promise<Sent> {
    const entry = this.#toEntry(sending);
    const sessions = this.#sessionsOf(sending.to);
    const outcomes = await Promise.allSettled(sessions.map((session) => this.#put(session, entry)));
    const refusals = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => reason);
    // One of a user's devices may have gone since the client list was read: the message is for those that are left.
    const serious = refusals.find((reason: unknown) => !isEnded(reason));
    if (serious !== undefined || refusals.length === outcomes.length) throw serious ?? refusals[0];
    const mailboxes = outcomes.flatMap((outcome, index) =>
      outcome.status === "fulfilled" ? [{ session: sessions[index] ?? "", ...outcome.value }] : [],
    );
    const [first] = mailboxes;
    return {
      messageId: first?.messageId ?? entry.message.id,
      mailboxes: mailboxes.map(({ session, seq }) => ({ session, seq })),
    };
  }

  #sessionsOf(to: Recipient): string[] {
    if ("session" in to) return [to.session];
    if ("everyone" in to) return [everyone];
    const sessions = this.#parts.sessionsOf(to.user);
    if (sessions.length === 0)
      throw new Problem("unknown-user", `No session of user "${to.user}" is connected`);
    return sessions.map(({ session }) => session);
  }

  #toEntry({ from, to, content, key }: Sending): Entry {
    const hash = key === undefined ? undefined : keyHash(from.sessionId, key);
    const message: Message = {
      // Under a key the id is the same on every device and for every repeat: by it clients recognise what they have.
      id: hash ?? randomUUID(),
      from,
      to,
      ...content,
      sentAt: this.#parts.clock.now().toISOString(),
    };
    return { message, key: hash === undefined ? undefined : { hash, digest: digestOf(to, content) } };
  }

  async #put(session: string, entry: Entry): Promise<Appended> {
    const { faults } = this.#parts;
    if (session === everyone) await this.#makeEveryone();
    const appender = this.#appender(session);
    const appended = await appender.append(entry);
    await faults.reach("append-before-nudge");
    this.#tell(session, appended, entry.message, appender);
    await faults.reach("append-nudged");
    return appended;
  }

  #tell(session: string, { seq, isRepeated }: Appended, message: Message, appender: Appender): void {
    const { deliver, tellBroadcast } = this.#parts;
    if (session === everyone) {
      tellBroadcast({ seq, message });
      if (seq % trimEveryoneEvery === 0) void this.#trimEveryone(seq - keptForEveryone);
      return;
    }
    const instance = appender.lastHead?.["ownerInstance"];
    // Of a repeat only the place is sure; what it says was said the first time.
    if (typeof instance === "string") deliver(instance, { session, seq, ...(isRepeated ? {} : { message }) });
  }

  #appender(session: string): Appender {
    const known = this.#appenders.get(session);
    if (known) return known;
    if (this.#appenders.size >= maxIdleAppenders) this.#forgetIdle();
    const appender = new Appender(session, this.#parts);
    this.#appenders.set(session, appender);
    return appender;
  }

  #forgetIdle(): void {
    for (const [session, appender] of this.#appenders) if (appender.isIdle) this.#appenders.delete(session);
  }

  /** Nobody acknowledges messages to everyone for all: the newest stay, and a client that was away for longer is told what it missed. */
  async #trimEveryone(before: number): Promise<void> {
    const { mailboxes, faults, log } = this.#parts;
    try {
      const keys = await trim(mailboxes, faults, everyone, before);
      for (const key of keys) await mailboxes.removeKey(everyone, key);
    } catch (error) {
      // The next one in turn does it.
      log.untrimmed(error);
    }
  }

  /** The mailbox of messages to everyone is made by the first one. */
  async #makeEveryone(): Promise<void> {
    const { mailboxes } = this.#parts;
    if (this.#appenders.has(everyone)) return;
    await mailboxes.table.insert({ partitionKey: everyone, rowKey: headKey, first: 1, next: 1 });
  }
}

/** By it a repeat under a key is told from another request. */
function digestOf(to: Recipient, content: Content): string {
  return createHash("sha256")
    .update(canonicalJson({ to, ...content }))
    .digest("hex");
}

/** Whether a mailbox takes nothing more because its session has ended. */
function isEnded(reason: unknown): boolean {
  return reason instanceof Problem && (reason.kind === "session-closed" || reason.kind === "unknown-session");
}
