import type { Mailbox } from "./mailbox.ts";
import type { Life } from "./life.ts";
import type { Queue } from "./queue.ts";
import type { Subscription } from "./subscription.ts";
import type { Topic } from "./topic.ts";
import type { RuntimeProperties, TopicRuntimeProperties } from "../model.ts";

/** An entity as the namespace lists it. */
export interface Entry<E extends Queue | Topic | Subscription> {
  readonly entity: E;
  readonly life: Life;
}

export type QueueEntry = Entry<Queue>;
export type SubscriptionEntry = Entry<Subscription>;
export interface TopicEntry extends Entry<Topic> {
  /** By lower-case name. */
  readonly subscriptions: Map<string, SubscriptionEntry>;
}

export function mailboxesOf(entity: Queue | Topic | Subscription): readonly Mailbox[] {
  return entity.kind === "topic" ? [entity.scheduled] : entity.receivable.mailboxes;
}

/** Counts and dates of a queue or a subscription. */
export function receivableRuntime({ entity, life }: QueueEntry | SubscriptionEntry): RuntimeProperties {
  const { createdAt, updatedAt, accessedAt } = dates(life);
  const { main, deadLetters, transferDeadLetters } = entity.receivable;
  return {
    activeMessages: main.activeCount,
    deadLetterMessages: deadLetters.activeCount,
    scheduledMessages: main.scheduledCount,
    // Forwarding is done at once, so nothing is ever on its way.
    transferMessages: 0,
    transferDeadLetterMessages: transferDeadLetters.activeCount,
    totalMessages:
      main.activeCount + main.scheduledCount + deadLetters.activeCount + transferDeadLetters.activeCount,
    sizeBytes: entity.usage.bytes,
    createdAt,
    updatedAt,
    // As in Azure: a subscription that nobody used was last used when it was made.
    accessedAt: accessedAt ?? (entity.kind === "subscription" ? createdAt : undefined),
  };
}

export function topicRuntime(entry: TopicEntry): TopicRuntimeProperties {
  const subscriptions = [...entry.subscriptions.values()];
  const rules = subscriptions.flatMap(({ entity }) => entity.rules.all());
  const correlationFilterCount = rules.filter(({ filter }) => filter.kind === "correlation").length;
  const scheduled = entry.entity.scheduled.scheduledCount;
  return {
    activeMessages: 0,
    deadLetterMessages: 0,
    scheduledMessages: scheduled,
    transferMessages: 0,
    transferDeadLetterMessages: 0,
    totalMessages: scheduled,
    sizeBytes: entry.entity.usage.bytes,
    subscriptionCount: subscriptions.length,
    sqlFilterCount: rules.length - correlationFilterCount,
    correlationFilterCount,
    ...dates(entry.life),
  };
}

function dates(life: Life) {
  return {
    createdAt: new Date(life.createdAt),
    updatedAt: new Date(life.updatedAt),
    accessedAt: life.accessedAt === undefined ? undefined : new Date(life.accessedAt),
  };
}
