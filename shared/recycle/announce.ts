import { randomUUID } from "node:crypto";
import type { Outbox } from "../bus/outbox.ts";
import { entities } from "../bus/topology.ts";
import { everyRole } from "../kernel/names.ts";
import type { Notification } from "./message.ts";

/**
 * Puts the notification on `control`: one send, and every instance of the role gets it on its own subscription. The property
 * `role` spares the other roles the message; what an instance does never rests on it.
 */
export async function announce(outbox: Outbox, notification: Notification): Promise<void> {
  const [onlyRole] = notification.roles;
  await outbox.send(entities.control, {
    body: notification,
    messageId: `${notification.operation}:${randomUUID()}`,
    subject: notification.type,
    applicationProperties: { role: notification.roles.length === 1 && onlyRole ? onlyRole : everyRole },
  });
}
