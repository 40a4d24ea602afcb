import type { ServiceBusReceivedMessage } from "@azure/service-bus";

type BodyType = "data" | "value" | "sequence";

/** A message as the SDK gives it when bodies are not parsed. */
export function received(
  facts: Partial<Omit<ServiceBusReceivedMessage, "_rawAmqpMessage">> = {},
  bodyType: BodyType = "data",
): ServiceBusReceivedMessage {
  return {
    body: Buffer.from("hello"),
    messageId: "m1",
    deliveryCount: 0,
    enqueuedTimeUtc: new Date("2026-11-21T10:00:00.000Z"),
    expiresAtUtc: new Date("2026-11-21T11:00:00.250Z"),
    lockToken: "token-1",
    state: "active",
    ...facts,
    _rawAmqpMessage: { body: facts.body, bodyType },
  };
}
