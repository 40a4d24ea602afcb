import { given } from "../config/given.ts";
import type { ReceivableProperties } from "../model.ts";
import type { Origin } from "./atom.ts";
import { readFields, receivableFields } from "./property-fields.ts";

type ReadReceivable = ReturnType<typeof readFields<typeof receivableFields>>;

/** What a description says about receiving. */
export function receivableOf(read: ReadReceivable) {
  return given({
    lockDurationMs: read.LockDuration,
    maxDeliveryCount: read.MaxDeliveryCount,
    requiresSession: read.RequiresSession,
    defaultTtlMs: read.DefaultMessageTimeToLive,
    deadLetterOnExpiration: read.DeadLetteringOnMessageExpiration,
    autoDeleteOnIdleMs: read.AutoDeleteOnIdle,
    forwardTo: read.ForwardTo,
    forwardDeadLetteredTo: read.ForwardDeadLetteredMessagesTo,
    status: read.Status,
    userMetadata: read.UserMetadata,
    enableBatchedOperations: read.EnableBatchedOperations,
  });
}

/** Azure tells where an entity forwards to as an absolute URL. */
export function forwarding({ forwardTo, forwardDeadLetteredTo }: ReceivableProperties, origin: Origin) {
  const urlOf = (target: string | undefined) =>
    target === undefined ? undefined : `sb://${origin}/${target}`;
  return { ForwardTo: urlOf(forwardTo), ForwardDeadLetteredMessagesTo: urlOf(forwardDeadLetteredTo) };
}
