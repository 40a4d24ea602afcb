import { BrokerError } from "../broker-error.ts";
import {
  maxDeliveryCountLimit,
  maxDuplicateWindowMs,
  maxEntityNameLength,
  maxLockDurationMs,
  maxShortNameLength,
} from "../limits.ts";
import type {
  QueueDescription,
  ReceivableProperties,
  SubscriptionDescription,
  TopicDescription,
} from "../model.ts";

const entityName = /^[A-Za-z0-9](?:[A-Za-z0-9._~/-]*[A-Za-z0-9_])?$/;
const shortName = /^[A-Za-z0-9_$](?:[A-Za-z0-9._$-]*[A-Za-z0-9_$])?$/;

export function checkQueue(queue: QueueDescription): void {
  checkEntityName(queue.name);
  checkReceivable(queue.name, queue);
  checkDuplicateDetection(queue);
  checkPositive(queue.name, "MaxSizeInMegabytes", queue.maxSizeBytes);
}

export function checkTopic(topic: TopicDescription): void {
  checkEntityName(topic.name);
  checkDuplicateDetection(topic);
  checkPositive(topic.name, "DefaultMessageTimeToLive", topic.defaultTtlMs);
  checkPositive(topic.name, "AutoDeleteOnIdle", topic.autoDeleteOnIdleMs);
  checkPositive(topic.name, "MaxSizeInMegabytes", topic.maxSizeBytes);
}

export function checkSubscription(subscription: SubscriptionDescription): void {
  checkShortName("subscription", subscription.name);
  checkReceivable(`${subscription.topic}/Subscriptions/${subscription.name}`, subscription);
}

export function checkShortName(kind: string, name: string): void {
  if (name.length <= maxShortNameLength && shortName.test(name)) return;
  throw invalid(
    `The ${kind} name '${name}' is not valid: 1 to ${maxShortNameLength} letters, digits, '.', '-', '_' or '$', ` +
      "beginning and ending with a letter, a digit, '_' or '$'.",
  );
}

/** Refuses to change what is fixed when an entity is created. Clients look for these words, which are Azure's. */
export function checkUnchanged<T extends object>(
  kind: "Queue" | "Topic" | "Subscription",
  before: T,
  after: T,
  fixed: readonly (keyof T & string)[],
) {
  for (const property of fixed) {
    if (before[property] === after[property]) continue;
    if (property === "enablePartitioning") throw invalid(`Partitioning cannot be changed for ${kind}. `);
    const name = property.charAt(0).toUpperCase() + property.slice(1);
    throw invalid(`The value for the ${name} property of an existing ${kind} cannot be changed.`);
  }
}

function checkEntityName(name: string): void {
  if (name.length <= maxEntityNameLength && entityName.test(name) && !/\/subscriptions\//i.test(name)) return;
  throw invalid(
    `The entity name '${name}' is not valid: 1 to ${maxEntityNameLength} letters, digits, '.', '-', '_', '~' or '/', ` +
      "beginning and ending with a letter or a digit.",
  );
}

function checkReceivable(name: string, entity: ReceivableProperties): void {
  checkPositive(name, "LockDuration", entity.lockDurationMs);
  if (entity.lockDurationMs > maxLockDurationMs) {
    throw invalid(`The LockDuration of '${name}' is longer than ${maxLockDurationMs / 60_000} minutes.`);
  }
  checkPositive(name, "DefaultMessageTimeToLive", entity.defaultTtlMs);
  checkPositive(name, "AutoDeleteOnIdle", entity.autoDeleteOnIdleMs);
  checkPositive(name, "MaxDeliveryCount", entity.maxDeliveryCount);
  if (!Number.isInteger(entity.maxDeliveryCount) || entity.maxDeliveryCount > maxDeliveryCountLimit) {
    throw invalid(
      `The MaxDeliveryCount of '${name}' is not a whole number from 1 to ${maxDeliveryCountLimit}.`,
    );
  }
}

function checkDuplicateDetection(entity: QueueDescription | TopicDescription): void {
  if (!entity.requiresDuplicateDetection) return;
  checkPositive(entity.name, "DuplicateDetectionHistoryTimeWindow", entity.duplicateDetectionWindowMs);
  if (entity.duplicateDetectionWindowMs > maxDuplicateWindowMs) {
    throw invalid(
      `The DuplicateDetectionHistoryTimeWindow of '${entity.name}' is longer than ${maxDuplicateWindowMs / 86_400_000} days.`,
    );
  }
}

function checkPositive(name: string, property: string, value: number): void {
  if (!(value > 0)) throw invalid(`The ${property} of '${name}' must be more than zero.`);
}

function invalid(text: string): BrokerError {
  return new BrokerError("com.microsoft:argument-error", text);
}
