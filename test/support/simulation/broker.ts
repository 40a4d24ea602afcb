import type { ServiceBusMessage } from "@azure/service-bus";
import type { BusClient } from "../../../shared/bus/outbox.ts";
import { busClient } from "../bus-client.ts";
import type { Actor, World } from "./world.ts";

/** A message in a queue, or in one subscription. */
export interface Held {
  readonly number: number;
  readonly queue: string;
  readonly message: ServiceBusMessage;
  readonly body: unknown;
  readonly availableAtMs: number;
  readonly enqueuedAtMs: number;
  holder: Actor | undefined;
  deliveries: number;
}

/** Which subscription an instance has on a topic. */
export interface Subscription {
  topic: string;
  instance: string;
  role: string;
}

/**
 * Queues and subscriptions that deliver at least once, in any order. A message is held by one process at a time; when that process
 * dies, or its lock runs out, somebody else gets it.
 */
export class SimulatedBroker {
  readonly #world: World;
  readonly #subscriptions: readonly Subscription[];
  readonly #held = new Set<Held>();
  #count = 0;

  constructor(world: World, subscriptions: readonly Subscription[]) {
    this.#world = world;
    this.#subscriptions = subscriptions;
  }

  static queueOf(topic: string, instance: string): string {
    return `${topic}/${instance}`;
  }

  /** Everything that has not been settled. */
  get held(): Held[] {
    return [...this.#held];
  }

  /** What can be received now. */
  ready(): Held[] {
    return this.held.filter(({ holder, availableAtMs }) => !holder && availableAtMs <= this.#world.nowMs);
  }

  /** When the next scheduled message becomes available. */
  nextMs(): number | undefined {
    const scheduled = this.held
      .filter(({ holder, availableAtMs }) => !holder && availableAtMs > this.#world.nowMs)
      .map(({ availableAtMs }) => availableAtMs);
    return scheduled.length > 0 ? Math.min(...scheduled) : undefined;
  }

  /** What a process sends through; each send is a step of the world. */
  clientFor(actor: Actor): BusClient {
    return busClient(({ entity, message, body }) =>
      this.#world.ask(actor, "send", `${actor.name}: send ${message.subject ?? ""} to ${entity}`, () =>
        this.#put(entity, message, body),
      ),
    );
  }

  hold(held: Held, actor: Actor): void {
    held.holder = actor;
    held.deliveries += 1;
  }

  /** Settles the message, if this process still holds it. */
  complete(held: Held, actor: Actor): void {
    if (held.holder === actor) this.#held.delete(held);
  }

  /** Lets somebody else have it, whoever holds it now. */
  release(held: Held): void {
    held.holder = undefined;
  }

  releaseAll(actor: Actor): void {
    for (const held of this.#held) if (held.holder === actor) held.holder = undefined;
  }

  /** Takes the message away for good, as the dead-letter queue does. */
  drop(held: Held): void {
    this.#held.delete(held);
  }

  #put(entity: string, message: ServiceBusMessage, body: unknown): void {
    const subscribers = this.#subscriptions.filter(({ topic }) => topic === entity);
    if (subscribers.length === 0) return this.#keep(entity, message, body);
    const wanted = message.applicationProperties?.["role"];
    for (const { instance, role } of subscribers) {
      if (wanted === "*" || wanted === role)
        this.#keep(SimulatedBroker.queueOf(entity, instance), message, body);
    }
  }

  #keep(queue: string, message: ServiceBusMessage, body: unknown): void {
    const at = message.scheduledEnqueueTimeUtc;
    const availableAtMs = at ? this.#world.toWorldMs(at) : this.#world.nowMs;
    this.#count += 1;
    this.#held.add({
      number: this.#count,
      queue,
      message,
      body,
      availableAtMs,
      enqueuedAtMs: Math.max(availableAtMs, this.#world.nowMs),
      holder: undefined,
      deliveries: 0,
    });
  }
}
