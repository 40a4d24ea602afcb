import { type Address, parseAddress, pathOf } from "../address.ts";
import { BrokerError } from "../broker-error.ts";
import { type Clock, guardClock } from "../clock.ts";
import { maxSubscriptionsPerTopic } from "../limits.ts";
import type {
  NamespaceAdministration,
  NamespaceConfig,
  QueueDescription,
  ReceivableProperties,
  RuleDescription,
  SubscriptionDescription,
  TopicDescription,
} from "../model.ts";
import {
  checkQueue,
  checkShortName,
  checkSubscription,
  checkTopic,
  checkUnchanged,
} from "./check-description.ts";
import type { Destination } from "./destination.ts";
import { Directory } from "./directory.ts";
import { applyReceiving, applySending, endEntity } from "./effects.ts";
import { mailboxesOf, type QueueEntry, receivableRuntime, type TopicEntry, topicRuntime } from "./entry.ts";
import { Life } from "./life.ts";
import { Queue } from "./queue.ts";
import type { Router } from "./receivable.ts";
import { Source } from "./source.ts";
import { Subscription } from "./subscription.ts";
import { Topic } from "./topic.ts";

/** The rule a subscription starts with: everything comes in. */
const defaultRule: RuleDescription = { name: "$Default", filter: { kind: "true" } };

/**
 * All entities of one broker and their messages, in memory.
 * It knows nothing of AMQP or HTTP: listeners come and go while it stays.
 */
export class Namespace implements NamespaceAdministration {
  #directory = new Directory();
  readonly #clock: Clock;
  readonly #router: Router = {
    forward: (target, arrival) => {
      const { destination, life } = this.destination(parseAddress(target));
      destination.acceptForwarded(arrival);
      life.touch();
    },
  };

  constructor(options: { clock: Clock; onError?: (error: unknown) => void }) {
    this.#clock = guardClock(options.clock, options.onError ?? (() => {}));
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** Creates what a configuration names and is not there yet. Entities may forward to others that come later in it. */
  applyConfig(config: NamespaceConfig): void {
    for (const queue of config.queues) {
      if (this.#directory.find(queue.name) === undefined) this.#addQueue(queue);
    }
    for (const topic of config.topics) {
      if (this.#directory.find(topic.name) === undefined) this.#addTopic(topic);
      for (const { rules, ...subscription } of topic.subscriptions) {
        if (this.#directory.findSubscription(topic.name, subscription.name) !== undefined) continue;
        this.#addSubscription(subscription, rules.length > 0 ? rules : [defaultRule]);
      }
    }
  }

  /** Where a client sends to. Throws when the address names no queue and no topic. */
  destination(address: Address): { destination: Destination; life: Life } {
    const entry = this.#directory.get(address.entity);
    if (address.subscription !== undefined || address.subqueue !== "main") {
      throw new BrokerError("amqp:not-allowed", "Messages can only be sent to a queue or a topic.");
    }
    return { destination: entry.entity, life: entry.life };
  }

  /** What a client receives from. Throws when the address names no queue and no subscription. */
  source(address: Address): Source {
    const entry =
      address.subscription === undefined
        ? this.#directory.get(address.entity)
        : this.#directory.subscription(address.entity, address.subscription);
    const { entity } = entry;
    if (entity.kind === "topic") {
      throw new BrokerError(
        "amqp:not-allowed",
        `Messages of the topic '${entity.path}' can only be received from a subscription.`,
      );
    }
    return new Source(entity.receivable, address.subqueue, entry.life, () => entity.description);
  }

  createQueue(description: QueueDescription): void {
    this.#checkForwarding(description);
    this.#addQueue(description);
  }

  updateQueue(description: QueueDescription): void {
    const { entity, life } = this.#directory.queue(description.name);
    checkQueue(description);
    checkUnchanged("Queue", entity.description, description, [
      "requiresSession",
      "requiresDuplicateDetection",
      "enablePartitioning",
    ]);
    this.#checkForwarding(description);
    entity.description = { ...description, name: entity.path };
    life.updated();
    applySending(entity, life);
    applyReceiving(entity);
  }

  createTopic(description: TopicDescription): void {
    this.#addTopic(description);
  }

  updateTopic(description: TopicDescription): void {
    const { entity, life } = this.#directory.topic(description.name);
    checkTopic(description);
    checkUnchanged("Topic", entity.description, description, [
      "requiresDuplicateDetection",
      "enablePartitioning",
    ]);
    entity.description = { ...description, name: entity.path };
    life.updated();
    applySending(entity, life);
  }

  createSubscription(description: SubscriptionDescription, rule: RuleDescription = defaultRule): void {
    this.#checkForwarding(description);
    this.#addSubscription(description, [rule]);
  }

  updateSubscription(description: SubscriptionDescription): void {
    const { entity, life } = this.#directory.subscription(description.topic, description.name);
    checkSubscription(description);
    checkUnchanged("Subscription", entity.description, description, ["requiresSession"]);
    this.#checkForwarding(description);
    const { topic, name } = entity.description;
    entity.description = { ...description, topic, name };
    life.updated();
    applyReceiving(entity);
  }

  deleteEntity(name: string): void {
    const entry = this.#directory.remove(pathOf(name));
    if ("subscriptions" in entry)
      for (const subscription of entry.subscriptions.values()) endEntity(subscription);
    endEntity(entry);
  }

  deleteSubscription(topic: string, subscription: string): void {
    endEntity(this.#directory.removeSubscription(topic, subscription));
  }

  queue(name: string): QueueDescription | undefined {
    return this.#directory.findQueue(name)?.entity.description;
  }

  topic(name: string): TopicDescription | undefined {
    return this.#directory.findTopic(name)?.entity.description;
  }

  subscription(topic: string, name: string): SubscriptionDescription | undefined {
    return this.#directory.findSubscription(topic, name)?.entity.description;
  }

  queues(): QueueDescription[] {
    return this.#directory.queues().map(({ entity }) => entity.description);
  }

  topics(): TopicDescription[] {
    return this.#directory.topics().map(({ entity }) => entity.description);
  }

  subscriptions(topic: string): SubscriptionDescription[] {
    return [...this.#directory.topic(topic).subscriptions.values()].map(({ entity }) => entity.description);
  }

  addRule(topic: string, subscription: string, rule: RuleDescription): void {
    checkShortName("rule", rule.name);
    const { entity, life } = this.#directory.subscription(topic, subscription);
    entity.rules.add({ createdAt: new Date(this.#clock.now()), ...rule });
    life.touch();
  }

  updateRule(topic: string, subscription: string, rule: RuleDescription): void {
    const { rules } = this.#directory.subscription(topic, subscription).entity;
    const { name, createdAt } = rules.get(rule.name);
    rules.update({ ...rule, name, ...(createdAt === undefined ? {} : { createdAt }) });
  }

  removeRule(topic: string, subscription: string, rule: string): void {
    this.#directory.subscription(topic, subscription).entity.rules.remove(rule);
  }

  rules(topic: string, subscription: string): RuleDescription[] {
    return this.#directory.subscription(topic, subscription).entity.rules.all();
  }

  queueRuntime(name: string) {
    return receivableRuntime(this.#directory.queue(name));
  }

  topicRuntime(name: string) {
    return topicRuntime(this.#directory.topic(name));
  }

  subscriptionRuntime(topic: string, name: string) {
    return receivableRuntime(this.#directory.subscription(topic, name));
  }

  #addQueue(description: QueueDescription): void {
    checkQueue(description);
    const entity = new Queue(description, this.#clock, this.#router);
    const life = this.#live(
      entity,
      () => entity.description.autoDeleteOnIdleMs,
      () => this.deleteEntity(entity.path),
    );
    this.#add({ entity, life });
  }

  #addTopic(description: TopicDescription): void {
    checkTopic(description);
    const entity = new Topic(description, this.#clock);
    const life = this.#live(
      entity,
      () => entity.description.autoDeleteOnIdleMs,
      () => this.deleteEntity(entity.path),
    );
    this.#add({ entity, life, subscriptions: new Map() });
  }

  #add(entry: QueueEntry | TopicEntry): void {
    try {
      this.#directory.add(entry);
    } catch (error) {
      entry.life.idleness.stop();
      throw error;
    }
  }

  #addSubscription(description: SubscriptionDescription, rules: readonly RuleDescription[]): void {
    const topic = this.#directory.topic(description.topic);
    checkSubscription(description);
    if (topic.subscriptions.size >= maxSubscriptionsPerTopic) {
      throw new BrokerError(
        "amqp:resource-limit-exceeded",
        `The topic '${topic.entity.path}' has ${maxSubscriptionsPerTopic} subscriptions, which is the limit.`,
      );
    }
    const entity = new Subscription(
      { ...description, topic: topic.entity.path },
      { clock: this.#clock, router: this.#router, topicUsage: topic.entity.usage },
    );
    for (const rule of rules) {
      checkShortName("rule", rule.name);
      entity.rules.add({ createdAt: new Date(this.#clock.now()), ...rule });
    }
    const life = this.#live(
      entity,
      () => entity.description.autoDeleteOnIdleMs,
      () => this.deleteSubscription(topic.entity.path, entity.description.name),
    );
    try {
      this.#directory.addSubscription(topic, { entity, life });
    } catch (error) {
      life.idleness.stop();
      throw error;
    }
  }

  #live(entity: Queue | Topic | Subscription, allowedIdleMs: () => number, idle: () => void): Life {
    return new Life({
      clock: this.#clock,
      allowedIdleMs,
      inUse: () => mailboxesOf(entity).some((mailbox) => mailbox.hasConsumers()),
      idle,
    });
  }

  /** Azure refuses to create an entity that forwards into the void; one that is deleted later is another matter. */
  #checkForwarding({ forwardTo, forwardDeadLetteredTo }: ReceivableProperties): void {
    for (const target of [forwardTo, forwardDeadLetteredTo]) {
      if (target !== undefined) this.#directory.get(pathOf(target));
    }
  }
}
