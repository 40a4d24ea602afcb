import type { z } from "zod";

import type {
  CorrelationFilter,
  FilterDescription,
  QueueDescription,
  RuleDescription,
  SubscriptionDescription,
  TopicDescription,
} from "../model.ts";
import type {
  correlationFilter,
  queueSchema,
  ruleSchema,
  subscriptionSchema,
  topicSchema,
} from "./emulator-schema.ts";
import { queueDefaults, subscriptionDefaults, topicDefaults } from "./entity-defaults.ts";
import { given } from "./given.ts";

type SubscriptionProperties = NonNullable<z.output<typeof subscriptionSchema>["Properties"]>;
type ReceivableProperties = Omit<SubscriptionProperties, "DeadLetteringOnFilterEvaluationExceptions">;
type RuleProperties = z.output<typeof ruleSchema>["Properties"];

/** A queue of a configuration file, with Azure's defaults for what the file leaves out. */
export function toQueue({ Name, Properties = {} }: z.output<typeof queueSchema>): QueueDescription {
  return {
    ...queueDefaults,
    ...receivable(Properties),
    ...given({
      maxSizeBytes: Properties.MaxSizeInMegabytes,
      requiresDuplicateDetection: Properties.RequiresDuplicateDetection,
      duplicateDetectionWindowMs: Properties.DuplicateDetectionHistoryTimeWindow,
    }),
    name: Name,
  };
}

/** A topic of a configuration file, without its subscriptions. */
export function toTopic({ Name, Properties = {} }: z.output<typeof topicSchema>): TopicDescription {
  return {
    ...topicDefaults,
    ...given({
      defaultTtlMs: Properties.DefaultMessageTimeToLive,
      autoDeleteOnIdleMs: Properties.AutoDeleteOnIdle,
      status: Properties.Status,
      userMetadata: Properties.UserMetadata,
      maxSizeBytes: Properties.MaxSizeInMegabytes,
      supportOrdering: Properties.SupportOrdering,
      requiresDuplicateDetection: Properties.RequiresDuplicateDetection,
      duplicateDetectionWindowMs: Properties.DuplicateDetectionHistoryTimeWindow,
    }),
    name: Name,
  };
}

/** A subscription of a configuration file, without its rules. */
export function toSubscription(
  topic: string,
  { Name, Properties = {} }: z.output<typeof subscriptionSchema>,
): SubscriptionDescription {
  return {
    ...subscriptionDefaults,
    ...receivable(Properties),
    ...given({ deadLetterOnFilterError: Properties.DeadLetteringOnFilterEvaluationExceptions }),
    topic,
    name: Name,
  };
}

/** The rules of a subscription. As in Azure, one without rules of its own lets everything in. */
export function toRules(rules: readonly z.output<typeof ruleSchema>[] = []): RuleDescription[] {
  if (rules.length === 0) return [{ name: "$Default", filter: { kind: "true" } }];
  return rules.map(({ Name, Properties }) => ({
    name: Name,
    filter: toFilter(Properties),
    ...given({ action: Properties.Action?.SqlExpression }),
  }));
}

function receivable(properties: ReceivableProperties) {
  return given({
    lockDurationMs: properties.LockDuration,
    maxDeliveryCount: properties.MaxDeliveryCount,
    requiresSession: properties.RequiresSession,
    defaultTtlMs: properties.DefaultMessageTimeToLive,
    deadLetterOnExpiration: properties.DeadLetteringOnMessageExpiration,
    forwardTo: properties.ForwardTo,
    forwardDeadLetteredTo: properties.ForwardDeadLetteredMessagesTo,
    autoDeleteOnIdleMs: properties.AutoDeleteOnIdle,
    status: properties.Status,
    userMetadata: properties.UserMetadata,
  });
}

function toFilter({ FilterType, CorrelationFilter, SqlFilter }: RuleProperties): FilterDescription {
  if (FilterType === "Sql") return { kind: "sql", expression: SqlFilter?.SqlExpression ?? "" };
  return toCorrelation(CorrelationFilter ?? {});
}

function toCorrelation(filter: z.output<typeof correlationFilter>): CorrelationFilter {
  return {
    kind: "correlation",
    ...given({
      correlationId: filter.CorrelationId,
      messageId: filter.MessageId,
      to: filter.To,
      replyTo: filter.ReplyTo,
      subject: filter.Label,
      sessionId: filter.SessionId,
      replyToSessionId: filter.ReplyToSessionId,
      contentType: filter.ContentType,
    }),
    properties: new Map(Object.entries(filter.Properties ?? {})),
  };
}
