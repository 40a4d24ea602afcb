import { z } from "zod";

import { pathOf } from "../address.ts";
import { BrokerError } from "../broker-error.ts";
import { pathText } from "../config/config-error.ts";
import {
  deliveryCount,
  duplicateWindow,
  entityName,
  idleTime,
  lockDuration,
  status,
  timeToLive,
  userMetadata,
} from "../config/property-schemas.ts";
import { maxMessageBytes } from "../limits.ts";
import { textOf, type XmlElement } from "./xml.ts";

const flag = z
  .string()
  .toLowerCase()
  .pipe(z.enum(["true", "false"]))
  .transform((text) => text === "true");

const wholeNumber = z
  .string()
  .regex(/^\d{1,9}$/, "must be a whole number")
  .transform(Number);

/** Larger messages are for Premium alone. */
const onlySize = wholeNumber.refine(
  (size) => size * 1024 === maxMessageBytes,
  `must be ${maxMessageBytes / 1024}`,
);

/** Clients write the absolute URL of the other entity; an empty one takes the forwarding away. */
const forwardTarget = z
  .string()
  .transform(pathOf)
  .pipe(z.union([z.literal("").transform(() => undefined), entityName]));

/** Properties that queues and subscriptions have in common, as the XML writes them. */
export const receivableFields = {
  LockDuration: lockDuration.optional(),
  RequiresSession: flag.optional(),
  DefaultMessageTimeToLive: timeToLive.optional(),
  DeadLetteringOnMessageExpiration: flag.optional(),
  MaxDeliveryCount: wholeNumber.pipe(deliveryCount).optional(),
  EnableBatchedOperations: flag.optional(),
  Status: status.optional(),
  ForwardTo: forwardTarget.optional(),
  ForwardDeadLetteredMessagesTo: forwardTarget.optional(),
  AutoDeleteOnIdle: idleTime.optional(),
  UserMetadata: userMetadata.optional(),
};

/** Properties that queues and topics have in common, as the XML writes them. */
export const sendableFields = {
  DefaultMessageTimeToLive: timeToLive.optional(),
  RequiresDuplicateDetection: flag.optional(),
  DuplicateDetectionHistoryTimeWindow: duplicateWindow.optional(),
  MaxSizeInMegabytes: wholeNumber.optional(),
  EnablePartitioning: flag.optional(),
  EnableExpress: flag.optional(),
  MaxMessageSizeInKilobytes: onlySize.optional(),
  EnableBatchedOperations: flag.optional(),
  Status: status.optional(),
  AutoDeleteOnIdle: idleTime.optional(),
  UserMetadata: userMetadata.optional(),
};

export const topicFields = { ...sendableFields, SupportOrdering: flag.optional() };
export const subscriptionFields = {
  ...receivableFields,
  DeadLetteringOnFilterEvaluationExceptions: flag.optional(),
};

/** Reads the named properties of a description. Throws BrokerError with each that has a value it may not have. */
export function readFields<S extends z.ZodRawShape>(content: XmlElement, shape: S) {
  const raw = Object.fromEntries(Object.keys(shape).map((name) => [name, textOf(content, name)]));
  const parsed = z.object(shape).safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`);
  throw new BrokerError(
    "com.microsoft:argument-error",
    `The description is not valid. ${problems.join(". ")}.`,
  );
}
