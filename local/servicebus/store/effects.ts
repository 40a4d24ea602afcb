import { BrokerError } from "../broker-error.ts";
import { notFound } from "./directory.ts";
import { mailboxesOf, type QueueEntry, type SubscriptionEntry, type TopicEntry } from "./entry.ts";
import type { Life } from "./life.ts";
import type { Queue } from "./queue.ts";
import { receiveDisabled, receiveForwarding } from "./source.ts";
import type { Subscription } from "./subscription.ts";
import type { Topic } from "./topic.ts";

// What a change of an entity does to those who use it.

/** Ends the senders when the entity takes nothing any more. */
export function applySending(entity: Queue | Topic, life: Life): void {
  try {
    entity.assertSendable();
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    life.endSenders(error);
  }
}

/** Ends the receivers when the entity gives nothing any more, and sends on what waits when it forwards from now on. */
export function applyReceiving(entity: Queue | Subscription): void {
  const { status, forwardTo } = entity.description;
  const { main, mailboxes } = entity.receivable;
  if (status === "Disabled" || status === "ReceiveDisabled") {
    for (const mailbox of mailboxes) mailbox.endConsumers(receiveDisabled(entity.path));
  }
  if (forwardTo === undefined) return;
  main.endConsumers(receiveForwarding(entity.path));
  entity.receivable.forwardBacklog();
}

/** Empties an entity that is gone from the namespace, and tells all who used it. */
export function endEntity({ entity, life }: QueueEntry | TopicEntry | SubscriptionEntry): void {
  life.idleness.stop();
  for (const mailbox of mailboxesOf(entity)) {
    mailbox.clear();
    mailbox.endConsumers(notFound(entity.path));
  }
  life.endSenders(notFound(entity.path));
}
