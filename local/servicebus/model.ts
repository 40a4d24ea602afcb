/**
 * What a namespace holds, as configuration: the one shape shared by the config reader, the admin API and the store.
 * Durations are milliseconds; `Infinity` means "no limit" (Azure shows it as P10675199DT2H48M5.4775807S).
 */

export type EntityStatus = "Active" | "Disabled" | "SendDisabled" | "ReceiveDisabled";

/** What queues and subscriptions have in common. */
export interface ReceivableProperties {
  lockDurationMs: number;
  maxDeliveryCount: number;
  requiresSession: boolean;
  defaultTtlMs: number;
  deadLetterOnExpiration: boolean;
  autoDeleteOnIdleMs: number;
  /** Entity that every message moves on to as soon as it arrives. */
  forwardTo?: string;
  /** Entity that takes dead letters instead of the entity's own dead-letter queue. */
  forwardDeadLetteredTo?: string;
  /** The scheme of the URLs in which a client named these two; it expects to read the same. */
  forwardScheme?: string;
  status: EntityStatus;
  userMetadata?: string;
  /** Kept and told for clients that read it back; the broker batches nothing. */
  enableBatchedOperations?: boolean;
}

/** A shared access rule of one entity: kept and told for clients that read it back. It opens nothing here. */
export interface AuthorizationRule {
  claimType: string;
  accessRights: readonly string[];
  keyName: string;
  primaryKey: string;
  secondaryKey: string;
}

export interface QueueDescription extends ReceivableProperties {
  name: string;
  /** Kept and told, like `enableBatchedOperations`. */
  enableExpress?: boolean;
  requiresDuplicateDetection: boolean;
  duplicateDetectionWindowMs: number;
  maxSizeBytes: number;
  enablePartitioning: boolean;
  authorizationRules?: readonly AuthorizationRule[];
}

export interface TopicDescription {
  name: string;
  defaultTtlMs: number;
  requiresDuplicateDetection: boolean;
  duplicateDetectionWindowMs: number;
  autoDeleteOnIdleMs: number;
  maxSizeBytes: number;
  supportOrdering: boolean;
  enablePartitioning: boolean;
  status: EntityStatus;
  userMetadata?: string;
  enableBatchedOperations?: boolean;
  enableExpress?: boolean;
  authorizationRules?: readonly AuthorizationRule[];
}

export interface SubscriptionDescription extends ReceivableProperties {
  topic: string;
  name: string;
  deadLetterOnFilterError: boolean;
}

/** A property value as filters see it. AMQP integers are bigint so that 64-bit values compare exactly. */
export type PropertyValue = string | number | bigint | boolean | Date | Uuid | Uint8Array | null;

/** A UUID property, in lower-case canonical text. */
export interface Uuid {
  readonly uuid: string;
}

export interface CorrelationFilter {
  kind: "correlation";
  correlationId?: string;
  messageId?: string;
  to?: string;
  replyTo?: string;
  subject?: string;
  sessionId?: string;
  replyToSessionId?: string;
  contentType?: string;
  properties: ReadonlyMap<string, PropertyValue>;
}

export type FilterDescription =
  | { kind: "true" }
  | { kind: "false" }
  | { kind: "sql"; expression: string; parameters?: ReadonlyMap<string, PropertyValue> }
  | CorrelationFilter;

export interface RuleDescription {
  name: string;
  filter: FilterDescription;
  /** SQL action text, such as `SET sys.Label = 'x'; REMOVE y`. */
  action?: string;
  /** Values of the `@parameters` in the action's text. */
  actionParameters?: ReadonlyMap<string, PropertyValue>;
  createdAt?: Date;
}

/** What a filter or an action sees of a message. Names of user properties are case-insensitive. */
export interface FilterableMessage {
  /** A system property by its SQL name without `sys.`, in any case: MessageId, Label, SessionId, ... */
  system(name: string): PropertyValue;
  /** A user (application) property; undefined when the message has none of that name. */
  user(name: string): PropertyValue | undefined;
}

/** One change an action makes: to a system or a user property; a value of undefined removes it. */
export interface PropertyChange {
  scope: "sys" | "user";
  name: string;
  value: PropertyValue | undefined;
}

/** A filter ready to run. `true` alone lets the message in: SQL's UNKNOWN does not. Throws FilterError when it cannot be evaluated. */
export type Matcher = (message: FilterableMessage) => boolean;

/** An action ready to run: the changes in order. Throws FilterError when an expression cannot be evaluated. */
export type Action = (message: FilterableMessage) => PropertyChange[];

/** Everything a configuration file says: the entities to create when the broker starts. */
export interface NamespaceConfig {
  name: string;
  queues: QueueDescription[];
  topics: (TopicDescription & {
    subscriptions: (SubscriptionDescription & { rules: RuleDescription[] })[];
  })[];
}

/** Counts and dates that the admin API reports of an entity. */
export interface RuntimeProperties {
  activeMessages: number;
  deadLetterMessages: number;
  scheduledMessages: number;
  transferMessages: number;
  transferDeadLetterMessages: number;
  totalMessages: number;
  sizeBytes: number;
  createdAt: Date;
  updatedAt: Date;
  /** Undefined when nobody has sent to it or received from it yet. */
  accessedAt: Date | undefined;
}

/** What the admin API reports of a topic besides. Whatever is not a correlation filter counts as SQL. */
export interface TopicRuntimeProperties extends RuntimeProperties {
  subscriptionCount: number;
  sqlFilterCount: number;
  correlationFilterCount: number;
}

/**
 * The management side of a namespace. The admin API and the config reader use nothing else.
 * Errors are BrokerError with the AMQP condition that fits; names compare case-insensitively.
 */
export interface NamespaceAdministration {
  createQueue(description: QueueDescription): void;
  updateQueue(description: QueueDescription): void;
  createTopic(description: TopicDescription): void;
  updateTopic(description: TopicDescription): void;
  createSubscription(description: SubscriptionDescription, defaultRule?: RuleDescription): void;
  updateSubscription(description: SubscriptionDescription): void;
  /** Deletes a queue or a topic with all that hangs on it. */
  deleteEntity(name: string): void;
  deleteSubscription(topic: string, subscription: string): void;
  queue(name: string): QueueDescription | undefined;
  topic(name: string): TopicDescription | undefined;
  subscription(topic: string, name: string): SubscriptionDescription | undefined;
  queues(): QueueDescription[];
  topics(): TopicDescription[];
  subscriptions(topic: string): SubscriptionDescription[];
  addRule(topic: string, subscription: string, rule: RuleDescription): void;
  updateRule(topic: string, subscription: string, rule: RuleDescription): void;
  removeRule(topic: string, subscription: string, rule: string): void;
  rules(topic: string, subscription: string): RuleDescription[];
  queueRuntime(name: string): RuntimeProperties;
  topicRuntime(name: string): TopicRuntimeProperties;
  subscriptionRuntime(topic: string, name: string): RuntimeProperties;
}
