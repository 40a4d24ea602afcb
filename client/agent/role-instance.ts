import { z } from "zod";
import { reasonOf } from "../../shared/kernel/log.ts";
import { parseValue } from "../../shared/kernel/parse.ts";
import { forwardingSchema } from "../../shared/presence/forwarding.ts";
import { viewSession } from "../../shared/presence/hub.ts";
import { contentSchema, recipientSchema } from "../../shared/presence/message.ts";
import { notificationSchema as presenceSchema } from "../../shared/presence/notification.ts";
import { registerBodySchema } from "../../shared/presence/registering.ts";
import type { SessionView } from "../../shared/presence/stream-event.ts";
import { notificationSchema } from "../../shared/recycle/message.ts";
import { routingLookSchema } from "../../shared/routing/message.ts";
import { entities, instanceQueueOf } from "../../shared/bus/topology.ts";
import type { Runtime } from "../../shared/runtime.ts";
import type { OutgoingMessage, Sent } from "../outgoing.ts";
import { AgentSession } from "./agent-session.ts";
import { Inbox } from "./inbox.ts";
import type { OwnEntities } from "./own-entities.ts";

const controlSchema = z.discriminatedUnion("type", [notificationSchema, routingLookSchema]);

export interface RoleInstanceParts {
  runtime: Runtime;
  own: OwnEntities;
  onTrouble: (source: string, reason: string) => void;
  /** Closes the connection that is received over. */
  disconnect: () => Promise<void>;
}

/**
 * This process as an instance of a role: it is on the list of instances, recycles when told to, knows the client list, holds sessions of
 * its own, and sends. It serves no HTTP, so no client is ever sent to it.
 *
 * joined → (recycled | left | start failed) → gone. Going: its sessions end, what was received is handled, the row says `draining`, the
 * connections close. Who goes for good is taken for lost two heartbeats later.
 */
export class RoleInstance {
  readonly #parts: RoleInstanceParts;
  readonly #inbox: Inbox;
  readonly #sessions = new Set<AgentSession>();
  #going: Promise<void> | undefined;

  constructor(parts: RoleInstanceParts) {
    this.#parts = parts;
    const { own, runtime, onTrouble } = parts;
    const { outbox, inFlight, registration, logs } = runtime;
    const isPassive = () => registration.state === "passive";
    this.#inbox = new Inbox({ own, outbox, log: logs.bus, inFlight, isPassive, onTrouble });
  }

  get id(): string {
    return this.#parts.runtime.config.instance;
  }

  get role(): string {
    return this.#parts.runtime.config.role;
  }

  /** One life of this instance: another process, or another joining, has another. */
  get incarnation(): string {
    return this.#parts.runtime.registration.incarnation;
  }

  /** What others see of it; `passive` when another process has joined with the same id. */
  get state(): string {
    return this.#parts.runtime.registration.state;
  }

  /** All open sessions, on any instance. */
  presence(): readonly SessionView[] {
    return this.#parts.runtime.presence.roster.list().map(viewSession);
  }

  /** Begins to receive. */
  receive(): void {
    const { own, runtime } = this.#parts;
    const { control, presence, queue } = own.sources;
    this.#inbox.open(control, {
      entity: entities.control,
      schema: controlSchema,
      act: async (message) => {
        // This process routes nothing: it has no table to look for.
        if (message.type === "recycle") await runtime.actor.handle(message);
      },
      comesAgain: false,
    });
    this.#inbox.open(presence, {
      entity: entities.presence,
      schema: presenceSchema,
      act: (notification) => runtime.presence.receive(notification),
      comesAgain: false,
    });
    this.#inbox.open(queue, {
      entity: instanceQueueOf(this.id),
      schema: forwardingSchema,
      act: (forwarding) => runtime.presence.take(forwarding),
      comesAgain: true,
    });
  }

  /** Registers a session that this process holds; everyone sees it. Throws Problem. */
  async openSession(about: { userName: string; metadata?: Record<string, unknown> }): Promise<AgentSession> {
    const { registrar, directory, presence, clock } = this.#parts.runtime;
    const body = parseValue(registerBodySchema, { ...about, instance: this.id }, "session");
    const { head } = await registrar.register(body, await directory.read());
    const session = new AgentSession(head, presence, clock);
    this.#sessions.add(session);
    return session;
  }

  /**
   * Sends a message, in a session's name or in this instance's own; when this returns it is kept for its recipients. The same sender,
   * recipient and key name the same message. Throws Problem, such as `session-closed`.
   */
  async send(
    { to, text, data }: OutgoingMessage,
    { from, key }: { from?: AgentSession; key?: string } = {},
  ): Promise<Sent> {
    const recipient = parseValue(recipientSchema, to === "everyone" ? { everyone: true } : to, "recipient");
    const content = parseValue(contentSchema, text === undefined ? { data } : { text }, "message");
    const sent = await this.#parts.runtime.presence.sender.send({
      from: from
        ? { sessionId: from.id, userName: from.userName }
        : { sessionId: `instance:${this.id}`, userName: this.id },
      to: recipient,
      content,
      key,
    });
    return { messageId: sent.messageId, mailboxes: sent.mailboxes.length };
  }

  /** Leaves the role in good order. Idempotent. */
  leave(): Promise<void> {
    this.#going ??= this.#go();
    return this.#going;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  async #go(): Promise<void> {
    const { runtime, disconnect, onTrouble } = this.#parts;
    try {
      await Promise.allSettled([...this.#sessions].map((session) => session.leave()));
      await this.#inbox.close();
      await runtime.presence.idle();
      await runtime.stop();
    } catch (error) {
      // A service that is away now must not keep a process from ending: the others will find it lost.
      onTrouble("leaving", reasonOf(error));
    }
    await disconnect().catch((error: unknown) => onTrouble("leaving", reasonOf(error)));
  }
}
