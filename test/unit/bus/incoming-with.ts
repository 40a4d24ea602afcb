import type { Incoming } from "../../../shared/bus/incoming.ts";

/** A message as a trigger hands it over. */
export function incomingWith(facts: Partial<Incoming> = {}): Incoming {
  return {
    body: Buffer.from("{}"),
    messageId: "message-1",
    replyTo: undefined,
    replyToSessionId: undefined,
    correlationId: undefined,
    contentType: "application/json",
    subject: undefined,
    sessionId: undefined,
    sequenceNumber: undefined,
    applicationProperties: {},
    deliveryCount: 1,
    enqueuedAtMs: undefined,
    ...facts,
  };
}
