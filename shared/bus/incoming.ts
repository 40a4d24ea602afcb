import type { InvocationContext } from "@azure/functions";
import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { z } from "zod";

/** A message as a trigger hands it over: the body's bytes, and the broker properties that we use. */
export interface Incoming {
  body: Buffer;
  messageId: string;
  replyTo: string | undefined;
  replyToSessionId: string | undefined;
  correlationId: string | undefined;
  contentType: string | undefined;
  subject: string | undefined;
  sessionId: string | undefined;
  /** The broker's number of the message in its queue; a scheduled copy gets another. Absent when digits of it were lost on the way. */
  sequenceNumber: string | undefined;
  applicationProperties: Record<string, string | number | boolean>;
  deliveryCount: number;
  /** When the broker made it available, by the broker's own clock; only the difference of two such times means something. */
  enqueuedAtMs: number | undefined;
}

/**
 * The Functions library turns strings that look like JSON into values (an id "123" arrives as a number), so every property is
 * made text again here. A number that may have lost digits on its way ("1.10", or more than 2^53) counts as absent: two different
 * ids must not become one.
 */
const text = z.union([z.string(), z.int(), z.boolean()]).transform(String).optional().catch(undefined);

/** One property of another kind must not cost the others. */
function onlyPlain(properties: Record<string, unknown>): Incoming["applicationProperties"] {
  const plain: Incoming["applicationProperties"] = {};
  for (const [name, value] of Object.entries(properties))
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      plain[name] = value;
  return plain;
}

const metadataSchema = z.object({
  messageId: text,
  replyTo: text,
  replyToSessionId: text,
  correlationId: text,
  contentType: text,
  subject: text,
  sessionId: text,
  sequenceNumber: text,
  applicationProperties: z.record(z.string(), z.unknown()).transform(onlyPlain).catch({}).optional(),
  deliveryCount: z.coerce.number().int().catch(1).optional(),
  enqueuedTimeUtc: z.string().optional().catch(undefined),
});

/** Reads the message of a trigger that was registered with `dataType: "binary"`. */
export function readIncoming(body: unknown, context: InvocationContext): Incoming {
  const metadata = metadataSchema.parse(context.triggerMetadata ?? {});
  return {
    body: toBuffer(body),
    messageId: metadata.messageId ?? "",
    replyTo: metadata.replyTo,
    replyToSessionId: metadata.replyToSessionId,
    correlationId: metadata.correlationId,
    contentType: metadata.contentType,
    subject: metadata.subject,
    sessionId: metadata.sessionId,
    sequenceNumber: metadata.sequenceNumber,
    applicationProperties: metadata.applicationProperties ?? {},
    deliveryCount: metadata.deliveryCount ?? 1,
    enqueuedAtMs: readTime(metadata.enqueuedTimeUtc),
  };
}

/** The same message as the SDK hands it over, to a process that receives by itself with `skipParsingBodyAsJson`. */
export function readReceived(received: ServiceBusReceivedMessage): Incoming {
  const { messageId, correlationId, deliveryCount, enqueuedTimeUtc } = received;
  return {
    body: toBuffer(received.body),
    messageId: text.parse(messageId) ?? "",
    replyTo: received.replyTo,
    replyToSessionId: received.replyToSessionId,
    correlationId: text.parse(correlationId),
    contentType: received.contentType,
    subject: received.subject,
    sessionId: received.sessionId,
    sequenceNumber: received.sequenceNumber?.toString(),
    applicationProperties: onlyPlain(received.applicationProperties ?? {}),
    // The SDK counts from 0, triggers from 1.
    deliveryCount: (deliveryCount ?? 0) + 1,
    enqueuedAtMs: enqueuedTimeUtc?.getTime(),
  };
}

/** The host writes this time without a zone; it is UTC. */
function readTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

function toBuffer(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (body instanceof Uint8Array) return Buffer.from(body);
  // A host that ignores dataType hands text or what it parsed; both still name the same message.
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body ?? null));
}
