import { maxMessageBytes } from "../limits.ts";
import { formatDuration } from "../config/duration.ts";
import { megabyte, queueDefaults } from "../config/entity-defaults.ts";
import { given } from "../config/given.ts";
import type { QueueDescription, RuntimeProperties } from "../model.ts";
import type { Entry, Origin } from "./atom.ts";
import { readAuthorizationRules, writeAuthorizationRules } from "./authorization-rules.ts";
import { sizeInBytes } from "./entity-size.ts";
import { readFields, receivableFields, sendableFields } from "./property-fields.ts";
import { countDetails, dates } from "./runtime-elements.ts";
import { forwarding, receivableOf } from "./receivable-xml.ts";
import type { XmlElement } from "./xml.ts";

const fields = { ...receivableFields, ...sendableFields };

/** Reads a QueueDescription. In an update, what is not said stays, but for forwarding and metadata, which go. */
export function readQueue(content: XmlElement, name: string, existing?: QueueDescription): QueueDescription {
  const read = readFields(content, fields);
  const base = existing ?? queueDefaults;
  const { forwardTo: _to, forwardDeadLetteredTo: _dead, userMetadata: _metadata, ...kept } = base;
  const megabytes = read.MaxSizeInMegabytes ?? base.maxSizeBytes / megabyte;
  return {
    ...kept,
    ...receivableOf(read, content),
    ...given({
      requiresDuplicateDetection: read.RequiresDuplicateDetection,
      duplicateDetectionWindowMs: read.DuplicateDetectionHistoryTimeWindow,
      maxSizeBytes: sizeInBytes(megabytes, read.EnablePartitioning ?? base.enablePartitioning),
      enablePartitioning: read.EnablePartitioning,
      enableExpress: read.EnableExpress,
      authorizationRules: readAuthorizationRules(content),
    }),
    name,
  };
}

/** Writes a queue with its counts, in the order in which Azure does. */
export function queueEntry(queue: QueueDescription, runtime: RuntimeProperties, origin: Origin): Entry {
  const { ForwardTo, ForwardDeadLetteredMessagesTo } = forwarding(queue, origin);
  return {
    path: queue.name,
    title: queue.name,
    createdAt: runtime.createdAt,
    updatedAt: runtime.updatedAt,
    element: "QueueDescription",
    content: {
      LockDuration: formatDuration(queue.lockDurationMs),
      MaxSizeInMegabytes: `${queue.maxSizeBytes / megabyte}`,
      RequiresDuplicateDetection: `${queue.requiresDuplicateDetection}`,
      RequiresSession: `${queue.requiresSession}`,
      DefaultMessageTimeToLive: formatDuration(queue.defaultTtlMs),
      DeadLetteringOnMessageExpiration: `${queue.deadLetterOnExpiration}`,
      DuplicateDetectionHistoryTimeWindow: formatDuration(queue.duplicateDetectionWindowMs),
      MaxDeliveryCount: `${queue.maxDeliveryCount}`,
      EnableBatchedOperations: `${queue.enableBatchedOperations ?? true}`,
      SizeInBytes: `${runtime.sizeBytes}`,
      MessageCount: `${runtime.totalMessages}`,
      IsAnonymousAccessible: "false",
      AuthorizationRules: writeAuthorizationRules(queue.authorizationRules),
      Status: queue.status,
      ForwardTo,
      UserMetadata: queue.userMetadata,
      ...dates(runtime),
      SupportOrdering: "true",
      CountDetails: countDetails(runtime),
      AutoDeleteOnIdle: formatDuration(queue.autoDeleteOnIdleMs),
      EnablePartitioning: `${queue.enablePartitioning}`,
      ForwardDeadLetteredMessagesTo,
      EntityAvailabilityStatus: "Available",
      EnableExpress: `${queue.enableExpress ?? false}`,
      MaxMessageSizeInKilobytes: `${maxMessageBytes / 1024}`,
    },
  };
}
