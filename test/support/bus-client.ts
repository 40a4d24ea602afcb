import type { ServiceBusMessage } from "@azure/service-bus";
import type { BusClient } from "../../shared/bus/outbox.ts";

/** A message as it was sent, with the body read back from JSON. */
export interface Sent {
  entity: string;
  message: ServiceBusMessage;
  body: unknown;
}

/**
 * As much of a client as the outbox uses, for protocol code that is checked without a broker: every send is handed to `onSend`. What
 * the SDK itself does is checked against a broker, elsewhere.
 */
export function busClient(onSend: (sent: Sent) => Promise<void> | void): BusClient {
  const createSender = (entity: string) => ({
    createMessageBatch: async () => ({}),
    sendMessages: async (message: ServiceBusMessage) => {
      await onSend({ entity, message, body: readBody(message.body) });
    },
  });
  return { createSender, close: async () => undefined };
}

function readBody(body: unknown): unknown {
  const text = Buffer.isBuffer(body) ? body.toString("utf8") : String(body);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
