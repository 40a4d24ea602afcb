import type { ServiceBusMessage } from "@azure/service-bus";
import type { EntityName } from "../../bus/topology.ts";

/** Sends a body as it is; when it returns the broker has the message. Throws BusError. `Outbox.sendRaw` is it. */
export type SendRaw = (
  entity: EntityName,
  body: Buffer,
  properties: Omit<ServiceBusMessage, "body">,
  delayMs?: number,
) => Promise<void>;
