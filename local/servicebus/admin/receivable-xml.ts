import { given } from "../config/given.ts";
import type { ReceivableProperties } from "../model.ts";
import type { Origin } from "./atom.ts";
import { readFields, receivableFields } from "./property-fields.ts";
import { textOf, type XmlElement } from "./xml.ts";

type ReadReceivable = ReturnType<typeof readFields<typeof receivableFields>>;

const defaultScheme = "sb";

/** What a description says about receiving. */
export function receivableOf(read: ReadReceivable, content: XmlElement) {
  return given({
    lockDurationMs: read.LockDuration,
    maxDeliveryCount: read.MaxDeliveryCount,
    requiresSession: read.RequiresSession,
    defaultTtlMs: read.DefaultMessageTimeToLive,
    deadLetterOnExpiration: read.DeadLetteringOnMessageExpiration,
    autoDeleteOnIdleMs: read.AutoDeleteOnIdle,
    forwardTo: read.ForwardTo,
    forwardDeadLetteredTo: read.ForwardDeadLetteredMessagesTo,
    forwardScheme: schemeOf(textOf(content, "ForwardTo") ?? textOf(content, "ForwardDeadLetteredMessagesTo")),
    status: read.Status,
    userMetadata: read.UserMetadata,
    enableBatchedOperations: read.EnableBatchedOperations,
  });
}

/** Azure tells where an entity forwards to as an absolute URL. */
export function forwarding(properties: ReceivableProperties, origin: Origin) {
  const { forwardTo, forwardDeadLetteredTo, forwardScheme = defaultScheme } = properties;
  const urlOf = (target: string | undefined) =>
    target === undefined ? undefined : `${forwardScheme}://${origin}/${target}`;
  return { ForwardTo: urlOf(forwardTo), ForwardDeadLetteredMessagesTo: urlOf(forwardDeadLetteredTo) };
}

function schemeOf(url: string | undefined): string | undefined {
  return /^(https?|sb|amqps?):\/\//i.exec(url ?? "")?.[1]?.toLowerCase();
}
