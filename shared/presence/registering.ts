import { z } from "zod";
import { nameSchema } from "../kernel/names.ts";
import { isShallow } from "../kernel/parse.ts";
import { Problem } from "../kernel/problem.ts";
import type { Head } from "./head.ts";
import { presenceLimits } from "./limits.ts";
import type { Mailboxes } from "./mailbox.ts";
import type { Member } from "./member.ts";
import type { Presence } from "./presence.ts";
import { newSessionId } from "./sessions.ts";
import { everyone } from "./stream.ts";

export const metadataSchema = z
  .record(z.string(), z.json())
  .refine((metadata) => isShallow(metadata, presenceLimits.maxMetadataDepth), {
    error: `must not be nested deeper than ${presenceLimits.maxMetadataDepth} levels`,
  })
  .refine((metadata) => JSON.stringify(metadata).length <= presenceLimits.maxMetadataLength, {
    error: `must not be longer than ${presenceLimits.maxMetadataLength} characters of JSON`,
  });

/** The body of POST /sessions. */
export const registerBodySchema = z.strictObject({
  userName: z.string().trim().min(1).max(presenceLimits.maxUserNameLength),
  metadata: metadataSchema.default({}),
  /** The instance that is to hold the session; default: the next one in turn. */
  instance: nameSchema.optional(),
});

export type RegisterBody = z.output<typeof registerBodySchema>;

/** Places new sessions: on the instance asked for, or on the ready ones in turn. */
export class Registrar {
  readonly #presence: Presence;
  readonly #mailboxes: Mailboxes;
  readonly #self: string;
  #turn = 0;

  constructor(presence: Presence, self: string) {
    this.#presence = presence;
    this.#mailboxes = presence.mailboxes;
    this.#self = self;
  }

  /**
   * Registers a session. Here: three table calls. On another instance: one send, which that instance acts on even if this process ends now,
   * and three table calls. Throws Problem `too-many-sessions`, `unknown-instance`, `unavailable`.
   */
  async register(
    { userName, metadata, instance }: RegisterBody,
    members: readonly Member[],
  ): Promise<{ head: Head; url: string }> {
    const { roster, sessions, lives } = this.#presence;
    const count = roster.ofUser(userName).length;
    if (count >= presenceLimits.maxSessionsPerUser) {
      throw new Problem(
        "too-many-sessions",
        `User "${userName}" has ${count} sessions; ${presenceLimits.maxSessionsPerUser} are allowed`,
      );
    }
    const member = this.#place(instance, members);
    const broadcastFrom = await this.#lastBroadcast();
    const registering = { session: newSessionId(), user: userName, metadata, broadcastFrom };
    if (member.id === this.#self) {
      const head = await sessions.register(registering);
      lives.seen(head.session);
      return { head, url: member.url };
    }
    const owner = { instance: member.id, incarnation: member.incarnation, epoch: member.epoch };
    await this.#presence.sendTo(member.id, { type: "register", ...registering });
    return { head: await sessions.registerAt(owner, registering), url: member.url };
  }

  /** The URL of a ready instance other than this one, in turn. */
  otherUrl(members: readonly Member[]): string | undefined {
    const others = members.filter((member) => canHold(member) && member.id !== this.#self);
    this.#turn += 1;
    return others[this.#turn % others.length]?.url;
  }

  #place(instance: string | undefined, members: readonly Member[]): Member {
    if (instance !== undefined) {
      const asked = members.find(({ id }) => id === instance);
      if (!asked) throw new Problem("unknown-instance", `There is no instance "${instance}"`);
      if (asked.url === "" && asked.id !== this.#self)
        throw new Problem("unknown-instance", `Instance "${instance}" serves no clients`);
      if (asked.state !== "ready")
        throw new Problem("unavailable", `Instance "${instance}" is ${asked.state}`, {
          retryAfterSeconds: 5,
        });
      return asked;
    }
    const ready = members.filter(canHold);
    this.#turn += 1;
    const next = ready[this.#turn % ready.length];
    if (!next) throw new Problem("unavailable", "No instance is ready", { retryAfterSeconds: 5 });
    return next;
  }

  /** Everyone-messages up to this one were before the session's time. */
  async #lastBroadcast(): Promise<number> {
    const stored = await this.#mailboxes.head(everyone);
    return Number(stored?.["next"] ?? 1) - 1;
  }
}

/** Whether clients may be sent there: a process that has joined a role without a URL serves none. */
const canHold = ({ state, url }: Member): boolean => state === "ready" && url !== "";
