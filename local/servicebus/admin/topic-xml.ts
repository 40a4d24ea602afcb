import { formatDuration } from "../config/duration.ts";
import { megabyte, topicDefaults } from "../config/entity-defaults.ts";
import { given } from "../config/given.ts";
import { maxMessageBytes } from "../limits.ts";
import type { TopicDescription, TopicRuntimeProperties } from "../model.ts";
import type { Entry } from "./atom.ts";
import { readAuthorizationRules, writeAuthorizationRules } from "./authorization-rules.ts";
import { sizeInBytes } from "./entity-size.ts";
import { readFields, topicFields } from "./property-fields.ts";
import { countDetails, dates } from "./runtime-elements.ts";
import type { XmlElement } from "./xml.ts";

/** Reads a TopicDescription. In an update, what is not said stays, but for the metadata, which go. */
export function readTopic(content: XmlElement, name: string, existing?: TopicDescription): TopicDescription {
  const read = readFields(content, topicFields);
  const base = existing ?? topicDefaults;
  const { userMetadata: _metadata, ...kept } = base;
  const megabytes = read.MaxSizeInMegabytes ?? base.maxSizeBytes / megabyte;
  return {
    ...kept,
    ...given({
      defaultTtlMs: read.DefaultMessageTimeToLive,
      requiresDuplicateDetection: read.RequiresDuplicateDetection,
      duplicateDetectionWindowMs: read.DuplicateDetectionHistoryTimeWindow,
      autoDeleteOnIdleMs: read.AutoDeleteOnIdle,
      maxSizeBytes: sizeInBytes(megabytes, read.EnablePartitioning ?? base.enablePartitioning),
      supportOrdering: read.SupportOrdering,
      enablePartitioning: read.EnablePartitioning,
      enableExpress: read.EnableExpress,
      enableBatchedOperations: read.EnableBatchedOperations,
      status: read.Status,
      userMetadata: read.UserMetadata,
      authorizationRules: readAuthorizationRules(content),
    }),
    name,
  };
}

/** Writes a topic with its counts, in the order in which Azure does. */
export function topicEntry(topic: TopicDescription, runtime: TopicRuntimeProperties): Entry {
  return {
    path: topic.name,
    title: topic.name,
    createdAt: runtime.createdAt,
    updatedAt: runtime.updatedAt,
    element: "TopicDescription",
    content: {
      DefaultMessageTimeToLive: formatDuration(topic.defaultTtlMs),
      MaxSizeInMegabytes: `${topic.maxSizeBytes / megabyte}`,
      RequiresDuplicateDetection: `${topic.requiresDuplicateDetection}`,
      DuplicateDetectionHistoryTimeWindow: formatDuration(topic.duplicateDetectionWindowMs),
      EnableBatchedOperations: `${topic.enableBatchedOperations ?? true}`,
      SizeInBytes: `${runtime.sizeBytes}`,
      FilteringMessagesBeforePublishing: "false",
      IsAnonymousAccessible: "false",
      AuthorizationRules: writeAuthorizationRules(topic.authorizationRules),
      Status: topic.status,
      UserMetadata: topic.userMetadata,
      ...dates(runtime),
      SupportOrdering: `${topic.supportOrdering}`,
      CountDetails: countDetails(runtime),
      SubscriptionCount: `${runtime.subscriptionCount}`,
      SqlFilterCount: `${runtime.sqlFilterCount}`,
      CorrelationFilterCount: `${runtime.correlationFilterCount}`,
      AutoDeleteOnIdle: formatDuration(topic.autoDeleteOnIdleMs),
      EnablePartitioning: `${topic.enablePartitioning}`,
      EntityAvailabilityStatus: "Available",
      EnableSubscriptionPartitioning: "false",
      EnableExpress: `${topic.enableExpress ?? false}`,
      MaxMessageSizeInKilobytes: `${maxMessageBytes / 1024}`,
    },
  };
}
