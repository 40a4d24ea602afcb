import type { Incoming } from "../../../shared/bus/incoming.ts";
import type { Held } from "./broker.ts";

/** The message as a trigger hands it over. */
export function incomingFrom({ message, deliveries, enqueuedAtMs }: Held): Incoming {
  const properties = Object.entries(message.applicationProperties ?? {}).filter(isPlain);
  return {
    body: Buffer.isBuffer(message.body) ? message.body : Buffer.from(String(message.body)),
    messageId: String(message.messageId ?? ""),
    replyTo: message.replyTo,
    replyToSessionId: message.replyToSessionId,
    correlationId: message.correlationId === undefined ? undefined : String(message.correlationId),
    contentType: message.contentType,
    subject: message.subject,
    sessionId: message.sessionId,
    sequenceNumber: undefined,
    applicationProperties: Object.fromEntries(properties),
    deliveryCount: deliveries,
    enqueuedAtMs,
  };
}

function isPlain(entry: [string, unknown]): entry is [string, string | number | boolean] {
  return ["string", "number", "boolean"].includes(typeof entry[1]);
}
