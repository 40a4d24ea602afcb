import { z } from "zod";

import {
  deliveryCount,
  duplicateWindow,
  entityName,
  idleTime,
  lockDuration,
  shortName,
  sizeInMegabytes,
  status,
  timeToLive,
  userMetadata,
} from "./property-schemas.ts";

/** The emulator writes an empty string for "no entity". */
const forwardTarget = z.union([z.literal("").transform(() => undefined), entityName]);

const receivable = {
  LockDuration: lockDuration.optional(),
  MaxDeliveryCount: deliveryCount.optional(),
  RequiresSession: z.boolean().optional(),
  DefaultMessageTimeToLive: timeToLive.optional(),
  DeadLetteringOnMessageExpiration: z.boolean().optional(),
  ForwardTo: forwardTarget.optional(),
  ForwardDeadLetteredMessagesTo: forwardTarget.optional(),
};

const sendable = {
  RequiresDuplicateDetection: z.boolean().optional(),
  DuplicateDetectionHistoryTimeWindow: duplicateWindow.optional(),
};

/** Properties that Azure has and the official emulator's file has not; they are taken all the same. */
const beyondEmulator = {
  AutoDeleteOnIdle: idleTime.optional(),
  Status: status.optional(),
  UserMetadata: userMetadata.optional(),
};

const correlationField = z.string().optional();

export const correlationFilter = z.strictObject({
  CorrelationId: correlationField,
  MessageId: correlationField,
  To: correlationField,
  ReplyTo: correlationField,
  Label: correlationField,
  SessionId: correlationField,
  ReplyToSessionId: correlationField,
  ContentType: correlationField,
  Properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

const sqlText = z.strictObject({ SqlExpression: z.string() });

const ruleProperties = z
  .strictObject({
    FilterType: z.enum(["Correlation", "Sql"]),
    CorrelationFilter: correlationFilter.optional(),
    SqlFilter: sqlText.optional(),
    Action: z.strictObject({ SqlExpression: z.string().optional() }).optional(),
  })
  .refine(
    ({ FilterType, CorrelationFilter }) => FilterType !== "Correlation" || CorrelationFilter !== undefined,
    {
      message: "FilterType Correlation needs CorrelationFilter",
    },
  )
  .refine(({ FilterType, SqlFilter }) => FilterType !== "Sql" || SqlFilter !== undefined, {
    message: "FilterType Sql needs SqlFilter with its SqlExpression",
  });

export const ruleSchema = z.strictObject({ Name: shortName, Properties: ruleProperties });

export const subscriptionSchema = z.strictObject({
  Name: shortName,
  Properties: z
    .strictObject({
      ...receivable,
      ...beyondEmulator,
      DeadLetteringOnFilterEvaluationExceptions: z.boolean().optional(),
    })
    .optional(),
  Rules: z.array(ruleSchema).optional(),
});

export const topicSchema = z.strictObject({
  Name: entityName,
  Properties: z
    .strictObject({
      ...sendable,
      ...beyondEmulator,
      DefaultMessageTimeToLive: timeToLive.optional(),
      MaxSizeInMegabytes: sizeInMegabytes.optional(),
      SupportOrdering: z.boolean().optional(),
    })
    .optional(),
  Subscriptions: z.array(subscriptionSchema).optional(),
});

export const queueSchema = z.strictObject({
  Name: entityName,
  Properties: z
    .strictObject({
      ...receivable,
      ...sendable,
      ...beyondEmulator,
      MaxSizeInMegabytes: sizeInMegabytes.optional(),
    })
    .optional(),
});

/**
 * The official emulator's Config.json. It differs in what it refuses: Azure's bounds are held, which are wider than the
 * emulator's, and `Logging`, `Queues` and `Topics` may be left out.
 */
export const emulatorSchema = z.strictObject({
  UserConfig: z.strictObject({
    Namespaces: z.tuple([
      z.strictObject({
        Name: z.string().min(1),
        Queues: z.array(queueSchema).optional(),
        Topics: z.array(topicSchema).optional(),
      }),
    ]),
    Logging: z.looseObject({}).optional(),
  }),
});

/** A file as it is written. */
export type EmulatorConfig = z.input<typeof emulatorSchema>;
