import { maxDeliveryCountLimit, maxDuplicateWindowMs, maxLockDurationMs } from "../limits.ts";
import type {
  QueueDescription,
  ReceivableProperties,
  SubscriptionDescription,
  TopicDescription,
} from "../model.ts";

const secondMs = 1000;
const minuteMs = 60 * secondMs;

/** Bytes of a megabyte in `MaxSizeInMegabytes`. */
export const megabyte = 1024 * 1024;
/** `MaxSizeInMegabytes` of Service Bus Standard. */
export const entitySizes: readonly number[] = [1024, 2048, 3072, 4096, 5120];
/** A partitioned entity has the size given for each of its partitions. */
export const partitions = 16;
export const maxUserMetadataLength = 1024;

/** What Azure lets these properties be. */
export const bounds = {
  LockDuration: { min: 5 * secondMs, max: maxLockDurationMs },
  DefaultMessageTimeToLive: { min: secondMs, max: Infinity },
  /** Azure starts at 20 s; the official emulator's files go down to 5 s. */
  DuplicateDetectionHistoryTimeWindow: { min: 5 * secondMs, max: maxDuplicateWindowMs },
  AutoDeleteOnIdle: { min: 5 * minuteMs, max: Infinity },
  MaxDeliveryCount: { min: 1, max: maxDeliveryCountLimit },
} as const;

const receivableDefaults: ReceivableProperties = {
  lockDurationMs: minuteMs,
  maxDeliveryCount: 10,
  requiresSession: false,
  defaultTtlMs: Infinity,
  deadLetterOnExpiration: false,
  autoDeleteOnIdleMs: Infinity,
  status: "Active",
};

const sendableDefaults = {
  defaultTtlMs: Infinity,
  requiresDuplicateDetection: false,
  duplicateDetectionWindowMs: 10 * minuteMs,
  autoDeleteOnIdleMs: Infinity,
  maxSizeBytes: 1024 * megabyte,
  enablePartitioning: false,
  status: "Active",
} as const;

/** What Azure gives an entity for every property that is not named. */
export const queueDefaults: Omit<QueueDescription, "name"> = { ...receivableDefaults, ...sendableDefaults };
export const topicDefaults: Omit<TopicDescription, "name"> = { ...sendableDefaults, supportOrdering: true };
export const subscriptionDefaults: Omit<SubscriptionDescription, "topic" | "name"> = {
  ...receivableDefaults,
  deadLetterOnFilterError: true,
};
