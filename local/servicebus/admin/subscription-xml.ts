import { formatDuration } from "../config/duration.ts";
import { subscriptionDefaults } from "../config/entity-defaults.ts";
import { given } from "../config/given.ts";
import type { RuntimeProperties, SubscriptionDescription } from "../model.ts";
import type { Entry, Origin } from "./atom.ts";
import { readFields, subscriptionFields } from "./property-fields.ts";
import { forwarding, receivableOf } from "./receivable-xml.ts";
import { countDetails, dates } from "./runtime-elements.ts";
import type { XmlElement } from "./xml.ts";

/** Reads a SubscriptionDescription. In an update, what is not said stays, but for forwarding and metadata, which go. */
export function readSubscription(
  content: XmlElement,
  names: { topic: string; name: string },
  existing?: SubscriptionDescription,
): SubscriptionDescription {
  const read = readFields(content, subscriptionFields);
  const base = existing ?? subscriptionDefaults;
  const { forwardTo: _to, forwardDeadLetteredTo: _dead, userMetadata: _metadata, ...kept } = base;
  return {
    ...kept,
    ...receivableOf(read, content),
    ...given({ deadLetterOnFilterError: read.DeadLetteringOnFilterEvaluationExceptions }),
    ...names,
  };
}

/** Writes a subscription with its counts, in the order in which Azure does. */
export function subscriptionEntry(
  subscription: SubscriptionDescription,
  runtime: RuntimeProperties,
  origin: Origin,
): Entry {
  const { ForwardTo, ForwardDeadLetteredMessagesTo } = forwarding(subscription, origin);
  return {
    path: `${subscription.topic}/Subscriptions/${subscription.name}`,
    title: subscription.name,
    createdAt: runtime.createdAt,
    updatedAt: runtime.updatedAt,
    element: "SubscriptionDescription",
    content: {
      LockDuration: formatDuration(subscription.lockDurationMs),
      RequiresSession: `${subscription.requiresSession}`,
      DefaultMessageTimeToLive: formatDuration(subscription.defaultTtlMs),
      DeadLetteringOnMessageExpiration: `${subscription.deadLetterOnExpiration}`,
      DeadLetteringOnFilterEvaluationExceptions: `${subscription.deadLetterOnFilterError}`,
      MessageCount: `${runtime.totalMessages}`,
      MaxDeliveryCount: `${subscription.maxDeliveryCount}`,
      EnableBatchedOperations: `${subscription.enableBatchedOperations ?? true}`,
      Status: subscription.status,
      ForwardTo,
      ...dates(runtime),
      UserMetadata: subscription.userMetadata,
      ForwardDeadLetteredMessagesTo,
      CountDetails: countDetails(runtime),
      AutoDeleteOnIdle: formatDuration(subscription.autoDeleteOnIdleMs),
      EntityAvailabilityStatus: "Available",
    },
  };
}
