import type { ServiceBusMessage } from "@azure/service-bus";
import type { Clock } from "../kernel/clock.ts";
import { reasonOf } from "../kernel/log.ts";
import type { EntityName } from "./topology.ts";

/** A message to send: its body becomes JSON text. */
export interface Outgoing {
  body: unknown;
  messageId: string;
  subject?: string;
  correlationId?: string;
  sessionId?: string;
  replyTo?: string;
  applicationProperties?: Record<string, string | number | boolean>;
  /** Deliver no sooner than so many milliseconds from now. */
  delayMs?: number;
}

/** A link that messages are sent through. */
export interface BusSender {
  createMessageBatch(): Promise<unknown>;
  sendMessages(message: ServiceBusMessage): Promise<void>;
}

/**
 * Shorter than a caller of the HTTP API waits for an answer. The SDK's own attempts may add up to more than a minute, and a connection
 * that breaks while a link is attached can leave its client with a half-open link that every later attach waits for. So a client that
 * does not answer in time is given up, and the next use makes another.
 */
const patienceMs = { open: 8_000, send: 20_000 };

/**
 * Service Bus did not take a message, or did not say so in time: then it may have it all the same. Everything sent through here
 * may therefore be sent again.
 */
export class BusError extends Error {
  override readonly name = "BusError";
  /** Whether the message had gone out, so that it may arrive although this was thrown. */
  readonly mayArrive: boolean;

  constructor(message: string, options: { mayArrive: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.mayArrive = options.mayArrive;
  }
}

/** As much of the SDK's client as sending needs. */
export interface BusClient {
  createSender(entity: string): BusSender;
  close(): Promise<void>;
}

/** What the last use of the bus showed; readiness tells it on. */
export type BusHealth = { ok: true } | { ok: false; reason: string };

/** A client with the senders that were made from it. */
interface Connected {
  client: BusClient;
  senders: Map<string, BusSender>;
}

/** Sends messages, with one sender per entity over one connection. */
export class Outbox {
  readonly #connect: () => BusClient;
  readonly #clock: Clock;
  #connected: Connected | undefined;
  #health: BusHealth = { ok: false, reason: "not connected yet" };
  #probing: Promise<void> | undefined;

  constructor(connect: () => BusClient, clock: Clock) {
    this.#connect = connect;
    this.#clock = clock;
  }

  get health(): BusHealth {
    return this.#health;
  }

  /** Opens a link to the entity and keeps it, which proves that the broker is there and lets this app in. */
  async open(entity: EntityName): Promise<void> {
    await this.#open(entity);
  }

  async #open(entity: string): Promise<void> {
    // A sender opens its link with the first batch it makes: the limit on its size is the broker's to say.
    await this.#use(entity, "open", (sender) => sender.createMessageBatch());
  }

  /**
   * Looks whether the link is open and opens it if not, so that `health` is true of an instance with nothing to send, too. Returns at
   * once. Costs nothing while the link is open.
   */
  probe(entity: EntityName): void {
    this.#probing ??= this.open(entity)
      // What it finds is in `health`.
      .catch(() => undefined)
      .finally(() => (this.#probing = undefined));
  }

  /** Sends; when this returns the broker has the message. Costs one operation. Throws BusError. */
  async send(entity: EntityName, message: Outgoing): Promise<void> {
    await this.#send(entity, this.#encode(message));
  }

  /** Sends a body as it is, for messages that are passed on unread. */
  async sendRaw(
    entity: EntityName,
    body: Buffer,
    properties: Omit<ServiceBusMessage, "body">,
    delayMs = 0,
  ): Promise<void> {
    await this.#send(entity, { ...properties, ...this.#delayed(delayMs), body });
  }

  /** Sends to an entity that is not the fleet's own, by its name. Throws BusError. */
  async sendElsewhere(
    entity: string,
    body: Buffer,
    properties: Omit<ServiceBusMessage, "body">,
  ): Promise<void> {
    await this.#send(entity, { ...properties, body });
  }

  async close(): Promise<void> {
    await this.#connected?.client.close();
    await this.#probing;
  }

  /**
   * Sends on an open link only. A send that had to open it first would go on trying behind the back of a caller who has been told that
   * it failed, and go out whenever the broker is back.
   */
  async #send(entity: string, message: ServiceBusMessage): Promise<void> {
    await this.#open(entity);
    await this.#use(entity, "send", (sender) => sender.sendMessages(message));
  }

  #encode({ body, delayMs = 0, ...properties }: Outgoing): ServiceBusMessage {
    return {
      ...properties,
      ...this.#delayed(delayMs),
      contentType: "application/json",
      body: Buffer.from(JSON.stringify(body)),
    };
  }

  #delayed(delayMs: number): Pick<ServiceBusMessage, "scheduledEnqueueTimeUtc"> {
    return delayMs > 0 ? { scheduledEnqueueTimeUtc: new Date(this.#clock.now().getTime() + delayMs) } : {};
  }

  /** Has the entity's sender do something, waits for it, but not for ever, and keeps in mind what it showed. */
  async #use(
    entity: string,
    kind: keyof typeof patienceMs,
    act: (sender: BusSender) => Promise<unknown>,
  ): Promise<void> {
    const connected = (this.#connected ??= { client: this.#connect(), senders: new Map() });
    const over = new AbortController();
    const answer = act(senderOf(connected, entity));
    // When its answer is no longer waited for, a failure is nobody's.
    answer.catch(() => undefined);
    try {
      const inTime = await Promise.race([
        answer.then(() => true),
        this.#runOut(patienceMs[kind], over.signal),
      ]);
      if (!inTime) this.#giveUp(connected, patienceMs[kind]);
      this.#health = { ok: true };
    } catch (error) {
      const reason = reasonOf(error);
      this.#health = { ok: false, reason };
      throw new BusError(`Service Bus did not take the message: ${reason}`, {
        mayArrive: kind === "send",
        cause: error,
      });
    } finally {
      // With a reason: without one each send would make an exception, stack and all.
      over.abort("answered");
    }
  }

  /** Resolves with false when the time is over. */
  async #runOut(ms: number, signal: AbortSignal): Promise<false> {
    await this.#clock.delay(ms, signal);
    return false;
  }

  #giveUp(connected: Connected, afterMs: number): never {
    if (this.#connected === connected) this.#connected = undefined;
    // It may never close either; nothing depends on it any more.
    connected.client.close().catch(() => undefined);
    throw new Error(`no answer within ${afterMs / 1_000} s`);
  }
}

function senderOf({ client, senders }: Connected, entity: string): BusSender {
  const known = senders.get(entity);
  if (known) return known;
  const sender = client.createSender(entity);
  senders.set(entity, sender);
  return sender;
}
