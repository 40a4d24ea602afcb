import { BrokerError } from "../broker-error.ts";
import type { Entry, QueueEntry, SubscriptionEntry, TopicEntry } from "./entry.ts";

/** The entities of a namespace by name, in any case. */
export class Directory {
  #entries = new Map<string, QueueEntry | TopicEntry>();

  find(name: string): QueueEntry | TopicEntry | undefined {
    return this.#entries.get(key(name));
  }

  get(name: string): QueueEntry | TopicEntry {
    const entry = this.find(name);
    if (entry === undefined) throw notFound(name);
    return entry;
  }

  findQueue(name: string): QueueEntry | undefined {
    const entry = this.find(name);
    return entry !== undefined && isQueue(entry) ? entry : undefined;
  }

  queue(name: string): QueueEntry {
    const entry = this.findQueue(name);
    if (entry === undefined) throw notFound(name);
    return entry;
  }

  findTopic(name: string): TopicEntry | undefined {
    const entry = this.find(name);
    return entry !== undefined && !isQueue(entry) ? entry : undefined;
  }

  topic(name: string): TopicEntry {
    const entry = this.findTopic(name);
    if (entry === undefined) throw notFound(name);
    return entry;
  }

  findSubscription(topic: string, name: string): SubscriptionEntry | undefined {
    return this.findTopic(topic)?.subscriptions.get(key(name));
  }

  subscription(topic: string, name: string): SubscriptionEntry {
    const entry = this.findSubscription(topic, name);
    if (entry === undefined) throw notFound(`${topic}/Subscriptions/${name}`);
    return entry;
  }

  queues(): QueueEntry[] {
    return [...this.#entries.values()].filter(isQueue);
  }

  topics(): TopicEntry[] {
    return [...this.#entries.values()].flatMap((entry) => (isQueue(entry) ? [] : entry));
  }

  add(entry: QueueEntry | TopicEntry): void {
    const { path } = entry.entity;
    if (this.find(path) !== undefined) throw alreadyExists(path);
    this.#entries.set(key(path), entry);
  }

  addSubscription(topic: TopicEntry, entry: SubscriptionEntry): void {
    const { description, path } = entry.entity;
    if (topic.subscriptions.has(key(description.name))) throw alreadyExists(path);
    topic.subscriptions.set(key(description.name), entry);
    topic.entity.subscriptions.set(key(description.name), entry.entity);
  }

  remove(name: string): QueueEntry | TopicEntry {
    const entry = this.get(name);
    this.#entries.delete(key(name));
    return entry;
  }

  removeSubscription(topic: string, name: string): SubscriptionEntry {
    const entry = this.subscription(topic, name);
    const owner = this.topic(topic);
    owner.subscriptions.delete(key(name));
    owner.entity.subscriptions.delete(key(name));
    return entry;
  }
}

export function notFound(path: string): BrokerError {
  return new BrokerError("amqp:not-found", `The messaging entity '${path}' could not be found.`, {
    reason: "MessagingEntityNotFound",
  });
}

function alreadyExists(path: string): BrokerError {
  return new BrokerError(
    "com.microsoft:entity-already-exists",
    `The messaging entity '${path}' already exists.`,
  );
}

function isQueue(entry: Entry<QueueEntry["entity"]> | TopicEntry): entry is QueueEntry {
  return entry.entity.kind === "queue";
}

function key(name: string): string {
  return name.toLowerCase();
}
