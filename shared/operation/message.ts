import { z } from "zod";
import { parse, toSeconds } from "iso8601-duration";
import { isShallow } from "../kernel/parse.ts";
import { everyRole, nameSchema, operationIdSchema } from "../kernel/names.ts";

/** Limits on what a request may carry. */
export const requestLimits = {
  maxFromLength: 128,
  maxTagLength: 256,
  /** `data` as JSON text, in characters. */
  maxDataLength: 16_384,
  maxDataDepth: 16,
  maxRoles: 50,
  /** Instances that one request may be for: what is decided of them stands in one table row, and is told in one message. */
  maxInstances: 500,
  maxKeyLength: 256,
  minTimeoutMs: 1_000,
  maxTimeoutMs: 24 * 3_600_000,
} as const;

const defaultDeliveryTimeoutMs = 60_000;
const defaultExecutionTimeoutMs = 300_000;

const noTimeout = { error: "must be a number of seconds, or an ISO 8601 duration such as PT30S" };

const timeout = (fallbackMs: number) =>
  z
    // Said twice: of a text that is no duration the union tells what the duration's own check has to say.
    .union([z.number(), z.iso.duration(noTimeout)], noTimeout)
    .transform((value) => Math.round((typeof value === "number" ? value : toSeconds(parse(value))) * 1_000))
    .refine((ms) => ms >= requestLimits.minTimeoutMs && ms <= requestLimits.maxTimeoutMs, {
      error: `must be between ${requestLimits.minTimeoutMs / 1_000} s and ${requestLimits.maxTimeoutMs / 3_600_000} h`,
    })
    .default(fallbackMs);

const share = /^(?:[1-9][0-9]?|100)%$/;

const maxUnavailable = z
  .union([z.number(), z.string()])
  .refine(
    (value) => (typeof value === "number" ? Number.isInteger(value) && value >= 1 : share.test(value)),
    {
      error:
        'must be a whole number from 1 (with none away, none could recycle), or a share from "1%" to "100%"',
    },
  );

/** The body of POST /roles/{role}/recycle, and the same fields in a message on `recycle-requests`. */
export const recycleBodySchema = z.strictObject({
  /** Who asks: an instance or a caller. */
  from: z.string().min(1).max(requestLimits.maxFromLength).optional(),
  /** A word for the application's onRecycle hook and the log. */
  tag: z.string().max(requestLimits.maxTagLength).default(""),
  /** Anything JSON for the application's onRecycle hook. */
  data: z
    .json()
    .refine((data) => isShallow(data, requestLimits.maxDataDepth), {
      error: `must not be nested deeper than ${requestLimits.maxDataDepth} levels`,
    })
    .refine((data) => JSON.stringify(data).length <= requestLimits.maxDataLength, {
      error: `must not be longer than ${requestLimits.maxDataLength} characters of JSON`,
    })
    .optional(),
  /** Which roles, when the role asked for is `*`. */
  roles: z.array(nameSchema).min(1).max(requestLimits.maxRoles).optional(),
  /** Only these instances of the roles. */
  instances: z.array(nameSchema).min(1).max(requestLimits.maxInstances).optional(),
  /** How many instances of the roles may be away at once; absent: all go at once. */
  maxUnavailable: maxUnavailable.optional(),
  maxErrors: z.int().min(0).max(requestLimits.maxInstances).default(0),
  deliveryTimeout: timeout(defaultDeliveryTimeoutMs),
  executionTimeout: timeout(defaultExecutionTimeoutMs),
  dryRun: z.boolean().default(false),
});

export type RecycleBody = z.output<typeof recycleBodySchema>;

/** The role that a request is addressed to, or `*`. */
export const roleAddressSchema = z.union([z.literal(everyRole), nameSchema], {
  error: `must be a role's name, or "${everyRole}" for every role`,
});

export const keySchema = z.string().min(1).max(requestLimits.maxKeyLength);

/** A request to recycle, as a message. Without a key of its own, its MessageId is its key. */
const requestMessageSchema = recycleBodySchema.extend({
  type: z.literal("recycle").default("recycle"),
  role: roleAddressSchema,
  key: keySchema.optional(),
});

/** Moves an operation one step. Ours alone: sent by drivers, the heartbeat's sweep, cancel, and an instance that is back. */
const tickMessageSchema = z.strictObject({
  type: z.literal("tick"),
  operation: operationIdSchema,
  /** The step that it moves on; a tick for a step that has passed does nothing. */
  step: z.int().min(0),
  /** Names this tick for good, over all its deliveries. */
  id: z.string().max(128),
  /** The delay with which it was sent: what it adds to operation time. */
  afterMs: z.number().min(0),
});

export type RequestMessage = z.output<typeof requestMessageSchema>;
export type TickMessage = z.output<typeof tickMessageSchema>;

/** Everything that may come on `recycle-requests`: picks the schema by `type` first, so that errors speak of what the sender meant. */
export const schemaForQueueMessage = (value: unknown): z.ZodType<TickMessage | RequestMessage> =>
  typeof value === "object" && value !== null && "type" in value && value.type === "tick"
    ? tickMessageSchema
    : requestMessageSchema;
