import { z } from "zod";

import { maxEntityNameLength, maxShortNameLength } from "../limits.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { bounds, entitySizes, maxUserMetadataLength, megabyte } from "./entity-defaults.ts";

type DurationProperty = Exclude<keyof typeof bounds, "MaxDeliveryCount">;

function duration(property: DurationProperty) {
  const { min, max } = bounds[property];
  const allowed = `allowed is ${formatDuration(min)} to ${formatDuration(max)}`;
  return z.string().transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= min && ms <= max) return ms;
    const problem = ms === undefined ? "is not an ISO 8601 duration such as PT1M" : "is out of bounds";
    context.addIssue({ code: "custom", message: `${JSON.stringify(text)} ${problem}; ${allowed}` });
    return z.NEVER;
  });
}

/** The values of entity properties, as configuration files and the administration API write them. */
export const lockDuration = duration("LockDuration");
export const timeToLive = duration("DefaultMessageTimeToLive");
export const duplicateWindow = duration("DuplicateDetectionHistoryTimeWindow");
export const idleTime = duration("AutoDeleteOnIdle");
export const deliveryCount = z.int().min(bounds.MaxDeliveryCount.min).max(bounds.MaxDeliveryCount.max);
export const status = z.enum(["Active", "Disabled", "SendDisabled", "ReceiveDisabled"]);
export const userMetadata = z.string().max(maxUserMetadataLength);
export const sizeInMegabytes = z
  .int()
  .refine((size) => entitySizes.includes(size), `must be one of ${entitySizes.join(", ")}`)
  .transform((size) => size * megabyte);

const entityNameForm = /^[A-Za-z0-9](?:[A-Za-z0-9._~/-]*[A-Za-z0-9_])?$/;
const shortNameForm = /^[A-Za-z0-9_$](?:[A-Za-z0-9._$-]*[A-Za-z0-9_$])?$/;

export const entityName = z
  .string()
  .max(maxEntityNameLength)
  .regex(
    entityNameForm,
    "must be letters, digits, '.', '-', '_', '~' or '/', beginning and ending with a letter or a digit",
  );
/** Of a subscription or a rule. */
export const shortName = z
  .string()
  .max(maxShortNameLength)
  .regex(
    shortNameForm,
    "must be letters, digits, '.', '-', '_' or '$', beginning and ending with none of '.' and '-'",
  );
