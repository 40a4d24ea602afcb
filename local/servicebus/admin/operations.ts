import { BrokerError } from "../broker-error.ts";
import type { NamespaceAdministration } from "../model.ts";
import { readDescription, type Entry, type Origin } from "./atom.ts";
import { HttpProblem } from "./http-problem.ts";
import { queueEntry, readQueue } from "./queue-xml.ts";
import type { Resource } from "./resource.ts";
import { readRule, ruleEntry } from "./rule-xml.ts";
import { readSubscription, subscriptionEntry } from "./subscription-xml.ts";
import { readTopic, topicEntry } from "./topic-xml.ts";
import { child, textOf, type XmlElement } from "./xml.ts";

/** A list of entries, told page by page. */
export interface EntryList {
  title: string;
  path: string;
  entries: Entry[];
}

interface Put {
  body: string;
  /** Whether the client said `If-Match: *`: change what is there, rather than make it. */
  isUpdate: boolean;
}

/** What the administration API does with a namespace, whatever the HTTP around it. Errors are BrokerError or HttpProblem. */
export class Operations {
  readonly #namespace: NamespaceAdministration;
  readonly #origin: Origin;
  readonly #startedAt: Date;

  constructor(namespace: NamespaceAdministration, origin: Origin, startedAt: Date) {
    this.#namespace = namespace;
    this.#origin = origin;
    this.#startedAt = startedAt;
  }

  get(resource: Resource): Entry | EntryList {
    switch (resource.kind) {
      case "namespace":
        return this.#namespaceEntry();
      case "queues": {
        const entries = byName(this.#namespace.queues()).map(({ name }) => this.#entity(name));
        return { title: "Queues", path: "$Resources/Queues", entries };
      }
      case "topics": {
        const entries = byName(this.#namespace.topics()).map(({ name }) => this.#entity(name));
        return { title: "Topics", path: "$Resources/Topics", entries };
      }
      case "entity":
        return this.#entity(resource.name);
      case "subscriptions":
        return this.#subscriptions(resource.topic);
      case "subscription":
        return this.#subscription(resource.topic, resource.name);
      case "rules":
        return this.#rules(resource.topic, resource.subscription);
      default:
        return this.#rule(resource);
    }
  }

  put(resource: Resource, put: Put): Entry {
    switch (resource.kind) {
      case "entity":
        return this.#putEntity(resource.name, put);
      case "subscription":
        return this.#putSubscription(resource, put);
      case "rule":
        return this.#putRule(resource, put);
      default:
        throw notFor("PUT");
    }
  }

  delete(resource: Resource): void {
    switch (resource.kind) {
      case "entity":
        return this.#namespace.deleteEntity(resource.name);
      case "subscription":
        return this.#namespace.deleteSubscription(resource.topic, resource.name);
      case "rule":
        return this.#namespace.removeRule(resource.topic, resource.subscription, resource.name);
      default:
        throw notFor("DELETE");
    }
  }

  #namespaceEntry(): Entry {
    const name = this.#origin.replace(/:\d+$/, "");
    const created = this.#startedAt;
    return {
      path: name,
      title: name,
      createdAt: created,
      updatedAt: created,
      element: "NamespaceInfo",
      content: {
        CreatedTime: created.toISOString(),
        // Messaging units are for Premium alone: clients expect none here.
        MessagingSKU: "Standard",
        ModifiedTime: created.toISOString(),
        Name: name,
        NamespaceType: "Messaging",
      },
    };
  }

  #entity(name: string): Entry {
    const queue = this.#namespace.queue(name);
    if (queue !== undefined) return queueEntry(queue, this.#namespace.queueRuntime(name), this.#origin);
    const topic = this.#namespace.topic(name);
    if (topic !== undefined) return topicEntry(topic, this.#namespace.topicRuntime(name));
    throw notFound(name);
  }

  #subscriptions(topic: string): EntryList {
    const entries = byName(this.#namespace.subscriptions(topic)).map(({ name }) =>
      this.#subscription(topic, name),
    );
    return { title: "Subscriptions", path: `${topic}/Subscriptions`, entries };
  }

  #subscription(topic: string, name: string): Entry {
    const subscription = this.#namespace.subscription(topic, name);
    if (subscription === undefined) throw notFound(`${topic}/Subscriptions/${name}`);
    return subscriptionEntry(subscription, this.#namespace.subscriptionRuntime(topic, name), this.#origin);
  }

  #rules(topic: string, subscription: string): EntryList {
    const rules = byName(this.#namespace.rules(topic, subscription));
    const entries = rules.map((rule) => ruleEntry(rule, { topic, name: subscription }));
    return { title: "Rules", path: `${topic}/Subscriptions/${subscription}/Rules`, entries };
  }

  #rule({ topic, subscription, name }: Resource & { kind: "rule" }): Entry {
    const rules = this.#namespace.rules(topic, subscription);
    const rule = rules.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (rule === undefined) throw notFound(`${topic}/Subscriptions/${subscription}/Rules/${name}`);
    return ruleEntry(rule, { topic, name: subscription });
  }

  #putEntity(name: string, { body, isUpdate }: Put): Entry {
    const { element, content } = readDescription(body);
    if (element === "QueueDescription") {
      const queue = readQueue(content, name, isUpdate ? this.#namespace.queue(name) : undefined);
      if (isUpdate) this.#namespace.updateQueue(queue);
      else this.#namespace.createQueue(queue);
    } else {
      expectElement(element, "TopicDescription", "QueueDescription or TopicDescription");
      const topic = readTopic(content, name, isUpdate ? this.#namespace.topic(name) : undefined);
      if (isUpdate) this.#namespace.updateTopic(topic);
      else this.#namespace.createTopic(topic);
    }
    return this.#entity(name);
  }

  #putSubscription({ topic, name }: Resource & { kind: "subscription" }, { body, isUpdate }: Put): Entry {
    const { element, content } = readDescription(body);
    expectElement(element, "SubscriptionDescription");
    const existing = isUpdate ? this.#namespace.subscription(topic, name) : undefined;
    const subscription = readSubscription(content, { topic, name }, existing);
    if (isUpdate) this.#namespace.updateSubscription(subscription);
    else this.#namespace.createSubscription(subscription, readDefaultRule(content));
    return this.#subscription(topic, name);
  }

  #putRule(resource: Resource & { kind: "rule" }, { body, isUpdate }: Put): Entry {
    const { topic, subscription, name } = resource;
    const { element, content } = readDescription(body);
    expectElement(element, "RuleDescription");
    const rule = readRule(content, name);
    if (isUpdate) this.#namespace.updateRule(topic, subscription, rule);
    else this.#namespace.addRule(topic, subscription, rule);
    return this.#rule(resource);
  }
}

/** The rule that a new subscription is to have in place of `$Default`. */
function readDefaultRule(content: XmlElement) {
  const description = child(content, "DefaultRuleDescription");
  return description && readRule(description, textOf(description, "Name") || "$Default");
}

/** Pages stay stable only if the order does. */
function byName<T extends { name: string }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function expectElement(element: string, expected: string, allowed = expected): void {
  if (element === expected) return;
  throw new BrokerError(
    "com.microsoft:argument-error",
    `The content is '${element}'; expected is ${allowed}.`,
  );
}

function notFound(path: string): BrokerError {
  return new BrokerError("amqp:not-found", `The messaging entity '${path}' could not be found.`);
}

function notFor(method: string): HttpProblem {
  return new HttpProblem(405, `${method} is not possible here.`);
}
