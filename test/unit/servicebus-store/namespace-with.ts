import { parseAddress } from "../../../local/servicebus/address.ts";
import { ManualClock } from "../../../local/servicebus/clock.ts";
import type {
  QueueDescription,
  ReceivableProperties,
  RuleDescription,
  SubscriptionDescription,
  TopicDescription,
} from "../../../local/servicebus/model.ts";
import type { Content } from "../../../local/servicebus/store/message.ts";
import { Namespace } from "../../../local/servicebus/store/namespace.ts";
import type { Source } from "../../../local/servicebus/store/source.ts";
import { bodyOf, RecordingConsumer } from "./recording-consumer.ts";

const receivable: ReceivableProperties = {
  lockDurationMs: 30_000,
  maxDeliveryCount: 3,
  requiresSession: false,
  defaultTtlMs: Infinity,
  deadLetterOnExpiration: false,
  autoDeleteOnIdleMs: Infinity,
  status: "Active",
};

const sized = {
  requiresDuplicateDetection: false,
  duplicateDetectionWindowMs: 60_000,
  maxSizeBytes: 1_000_000,
};

export function queue(name: string, options: Partial<QueueDescription> = {}): QueueDescription {
  return { ...receivable, ...sized, enablePartitioning: false, name, ...options };
}

export function topic(name: string, options: Partial<TopicDescription> = {}): TopicDescription {
  return {
    ...sized,
    name,
    defaultTtlMs: Infinity,
    autoDeleteOnIdleMs: Infinity,
    supportOrdering: true,
    enablePartitioning: false,
    status: "Active",
    ...options,
  };
}

export function subscription(
  topicName: string,
  name: string,
  options: Partial<SubscriptionDescription> = {},
): SubscriptionDescription {
  return { ...receivable, topic: topicName, name, deadLetterOnFilterError: false, ...options };
}

/** A namespace on a clock that the test moves, with short ways to send and receive. */
export class TestNamespace extends Namespace {
  readonly time: ManualClock;
  readonly bugs: unknown[];

  constructor() {
    const time = new ManualClock();
    const bugs: unknown[] = [];
    super({ clock: time, onError: (error) => bugs.push(error) });
    this.time = time;
    this.bugs = bugs;
  }

  withQueue(name: string, options: Partial<QueueDescription> = {}): this {
    this.createQueue(queue(name, options));
    return this;
  }

  withTopic(name: string, rules: Readonly<Record<string, RuleDescription | undefined>>): this {
    this.createTopic(topic(name));
    for (const [sub, rule] of Object.entries(rules)) this.createSubscription(subscription(name, sub), rule);
    return this;
  }

  withSubscription(topicName: string, name: string): this {
    this.createSubscription(subscription(topicName, name));
    return this;
  }

  send(address: string, ...contents: Content[]): void {
    this.destination(parseAddress(address)).destination.publish(contents);
  }

  at(address: string): Source {
    return this.source(parseAddress(address));
  }

  /** A consumer with so much credit, attached. */
  consume(address: string, credit: number, mode?: "receive-and-delete"): RecordingConsumer {
    const consumer = new RecordingConsumer(credit, mode);
    this.at(address).mailbox.attach(consumer);
    return consumer;
  }

  /** The bodies of all messages of an entity, in order. */
  bodies(address: string): string[] {
    return this.at(address).mailbox.peek(0, 1000).map(bodyOf);
  }
}
