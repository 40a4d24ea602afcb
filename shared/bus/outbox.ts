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
 * Shorter than a caller of the HTTP API waits for an answer; the SDK's own attempts may add up to more than a minute. They are left to
 * end by themselves: aborting the SDK while it attaches leaves its connection with a half-open link that every later attach waits for.
 */
const patienceMs = 20_000;

/**
 * Service Bus did not take a message, or did not say so in time: then it may have it all the same. Everything sent through here
 * may therefore be sent again.
 */
export class BusError extends Error {
  override readonly name = "BusError";
}

/** As much of the SDK's client as sending needs. */
export interface BusClient {
  createSender(entity: string): BusSender;
  close(): Promise<void>;
}

/** What the last use of the bus showed; readiness tells it on. */
export type BusHealth = { ok: true } | { ok: false; reason: string };

/** Sends messages, with one sender per entity over one connection. */
export class Outbox {
  readonly #client: BusClient;
  readonly #clock: Clock;
  readonly #senders = new Map<string, BusSender>();
  #health: BusHealth = { ok: false, reason: "not connected yet" };
  #probing: Promise<void> | undefined;

  constructor(client: BusClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  get health(): BusHealth {
    return this.#health;
  }

  /** Opens a link to the entity and keeps it, which proves that the broker is there and lets this app in. */
  async open(entity: EntityName): Promise<void> {
    // A sender opens its link with the first batch it makes: the limit on its size is the broker's to say.
    await this.#observe(() => this.#sender(entity).createMessageBatch());
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
    await this.#observe(() => this.#sender(entity).sendMessages(this.#encode(message)));
  }

  /** Sends a body as it is, for messages that are passed on unread. */
  async sendRaw(
    entity: EntityName,
    body: Buffer,
    properties: Omit<ServiceBusMessage, "body">,
    delayMs = 0,
  ): Promise<void> {
    const message = { ...properties, ...this.#delayed(delayMs), body };
    await this.#observe(() => this.#sender(entity).sendMessages(message));
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.#probing;
  }

  #sender(entity: EntityName): BusSender {
    const known = this.#senders.get(entity);
    if (known) return known;
    const sender = this.#client.createSender(entity);
    this.#senders.set(entity, sender);
    return sender;
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

  async #observe(act: () => Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const answer = act();
    // When its answer is no longer waited for, a failure is nobody's.
    answer.catch(() => undefined);
    try {
      await Promise.race([answer, this.#runOut(over.signal)]);
      this.#health = { ok: true };
    } catch (error) {
      const reason = reasonOf(error);
      this.#health = { ok: false, reason };
      throw new BusError(`Service Bus did not take the message: ${reason}`, { cause: error });
    } finally {
      over.abort();
    }
  }

  async #runOut(signal: AbortSignal): Promise<void> {
    await this.#clock.delay(patienceMs, signal);
    if (!signal.aborted) throw new Error(`no answer within ${patienceMs / 1_000} s`);
  }
}
