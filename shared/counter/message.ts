import { z } from "zod";
import type { CounterName } from "./counter-name.ts";
import { counterLimits } from "./limits.ts";
import type { Reading, Taken } from "./request.ts";

const range = `${counterLimits.minValue} to ${counterLimits.maxValue}`;

/** A 64-bit number: as decimal text, since JSON's own numbers lose digits beyond 2^53, which are refused. */
export const valueSchema = z
  .union([z.string().regex(/^-?\d{1,19}$/, `must be a whole number in decimal digits, ${range}`), z.int()])
  .transform(BigInt)
  .refine((value) => value >= counterLimits.minValue && value <= counterLimits.maxValue, {
    error: `must be ${range}`,
  });

const modeSchema = z.enum(["strict", "block"], { error: "must be strict or block" }).default("strict");
const countError = `must be a whole number from 1 to ${counterLimits.maxCount}`;

/** The query of POST /counters/{context}/{counter}/next. */
export const nextQuerySchema = z.object({
  count: z.coerce
    .number({ error: countError })
    .int(countError)
    .min(1, countError)
    .max(counterLimits.maxCount, countError)
    .default(1),
  mode: modeSchema,
});

/** The body of PUT /counters/{context}/{counter}: the next number is one more. */
export const resetBodySchema = z.strictObject({ value: valueSchema });

/** An Idempotency-Key, or the key of a message. */
export const counterKeySchema = z.string().min(1).max(counterLimits.maxKeyLength);

const nameFields = { context: z.string(), counter: z.string(), key: counterKeySchema.optional() };

/** What may be sent to the queue counter-requests. Without a key of its own, its MessageId is its key. */
export const counterMessageSchema = z.union([
  z.strictObject({
    type: z.literal("next").default("next"),
    ...nameFields,
    count: z.int(countError).min(1, countError).max(counterLimits.maxCount, countError).default(1),
  }),
  z.strictObject({ type: z.literal("reset"), ...nameFields, value: valueSchema }),
  z.strictObject({ type: z.literal("read"), ...nameFields }),
]);

export type CounterMessage = z.infer<typeof counterMessageSchema>;

/** Numbers that were taken, as JSON: `value` is the first of them. */
export function viewTaken({ context, counter }: CounterName, { value, last, count, epoch }: Taken) {
  return { context, counter, value: String(value), last: String(last), count, epoch };
}

/** Where a counter stands, as JSON. */
export function viewReading({ context, counter }: CounterName, { value, epoch }: Reading) {
  return { context, counter, value: String(value), epoch };
}
