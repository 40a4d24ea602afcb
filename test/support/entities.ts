import type {
  CreateQueueOptions,
  CreateSubscriptionOptions,
  CreateTopicOptions,
  ServiceBusAdministrationClient,
} from "@azure/service-bus";
import type {
  NamespaceAdministration,
  QueueDescription,
  ReceivableProperties,
  SubscriptionDescription,
  TopicDescription,
} from "../../local/servicebus/model.ts";
import { administerBus } from "../../shared/bus/administer.ts";

export type QueueOptions = Partial<Omit<QueueDescription, "name">>;
export type TopicOptions = Partial<Omit<TopicDescription, "name">>;
export type SubscriptionOptions = Partial<Omit<SubscriptionDescription, "topic" | "name">>;

/** How a test makes and removes what it works on, whatever the broker is. */
export interface Entities {
  createQueue(name: string, options: QueueOptions): Promise<void>;
  createTopic(name: string, options: TopicOptions): Promise<void>;
  createSubscription(topic: string, name: string, options: SubscriptionOptions): Promise<void>;
  deleteQueue(name: string): Promise<void>;
  deleteTopic(name: string): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
const MINUTE_MS = 60_000;

const receivable: ReceivableProperties = {
  lockDurationMs: MINUTE_MS,
  maxDeliveryCount: 10,
  requiresSession: false,
  defaultTtlMs: Infinity,
  deadLetterOnExpiration: false,
  autoDeleteOnIdleMs: Infinity,
  status: "Active",
};
const sendable = {
  defaultTtlMs: Infinity,
  requiresDuplicateDetection: false,
  duplicateDetectionWindowMs: MINUTE_MS,
  autoDeleteOnIdleMs: Infinity,
  maxSizeBytes: 1024 * MEBIBYTE,
  enablePartitioning: false,
  status: "Active",
} as const;

/** Entities made directly in the embedded broker, which takes shorter locks than the administration API allows. */
export function entitiesInside(namespace: NamespaceAdministration): Entities {
  return {
    createQueue: async (name, options) =>
      namespace.createQueue({ ...receivable, ...sendable, name, ...options }),
    createTopic: async (name, options) =>
      namespace.createTopic({ ...sendable, supportOrdering: true, name, ...options }),
    createSubscription: async (topic, name, options) =>
      namespace.createSubscription({
        ...receivable,
        deadLetterOnFilterError: false,
        topic,
        name,
        ...options,
      }),
    deleteQueue: async (name) => namespace.deleteEntity(name),
    deleteTopic: async (name) => namespace.deleteEntity(name),
  };
}

/** Entities made through the administration API of whatever broker the connection string names. */
export function entitiesThrough(client: ServiceBusAdministrationClient): Entities {
  return {
    createQueue: async (name, options) => void (await client.createQueue(name, toQueueOptions(options))),
    createTopic: async (name, options) => void (await client.createTopic(name, toTopicOptions(options))),
    createSubscription: async (topic, name, options) =>
      void (await client.createSubscription(topic, name, toSubscriptionOptions(options))),
    deleteQueue: async (name) => void (await client.deleteQueue(name)),
    deleteTopic: async (name) => void (await client.deleteTopic(name)),
  };
}

/** A client for the administration API. */
export const administrationClient = (connectionString: string) => administerBus({ connectionString });

function toQueueOptions(options: QueueOptions): CreateQueueOptions {
  return defined({
    ...toReceivableOptions(options),
    requiresDuplicateDetection: options.requiresDuplicateDetection,
    duplicateDetectionHistoryTimeWindow: toDuration(options.duplicateDetectionWindowMs),
    maxSizeInMegabytes: options.maxSizeBytes && options.maxSizeBytes / MEBIBYTE,
    enablePartitioning: options.enablePartitioning,
  });
}

function toTopicOptions(options: TopicOptions): CreateTopicOptions {
  return defined({
    defaultMessageTimeToLive: toDuration(options.defaultTtlMs),
    requiresDuplicateDetection: options.requiresDuplicateDetection,
    duplicateDetectionHistoryTimeWindow: toDuration(options.duplicateDetectionWindowMs),
    autoDeleteOnIdle: toDuration(options.autoDeleteOnIdleMs),
    maxSizeInMegabytes: options.maxSizeBytes && options.maxSizeBytes / MEBIBYTE,
    enablePartitioning: options.enablePartitioning,
    supportOrdering: options.supportOrdering,
    status: options.status,
    userMetadata: options.userMetadata,
  });
}

function toSubscriptionOptions(options: SubscriptionOptions): CreateSubscriptionOptions {
  return defined({
    ...toReceivableOptions(options),
    deadLetteringOnFilterEvaluationExceptions: options.deadLetterOnFilterError,
  });
}

function toReceivableOptions(options: Partial<ReceivableProperties>) {
  return {
    lockDuration: toDuration(options.lockDurationMs),
    maxDeliveryCount: options.maxDeliveryCount,
    requiresSession: options.requiresSession,
    defaultMessageTimeToLive: toDuration(options.defaultTtlMs),
    deadLetteringOnMessageExpiration: options.deadLetterOnExpiration,
    autoDeleteOnIdle: toDuration(options.autoDeleteOnIdleMs),
    forwardTo: options.forwardTo,
    forwardDeadLetteredMessagesTo: options.forwardDeadLetteredTo,
    status: options.status,
    userMetadata: options.userMetadata,
  };
}

/** Milliseconds as the ISO 8601 duration that the administration API takes. */
function toDuration(ms: number | undefined): string | undefined {
  return ms === undefined || ms === Infinity ? undefined : `PT${ms / 1000}S`;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(options: T): Defined<T> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the entries are those of the same object
  return Object.fromEntries(entries) as Defined<T>;
}
