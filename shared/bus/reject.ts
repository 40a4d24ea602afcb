import { randomUUID } from "node:crypto";
import type { Problem } from "../kernel/problem.ts";
import type { Incoming } from "./incoming.ts";
import type { Outbox } from "./outbox.ts";
import { entities } from "./topology.ts";

/** Reasons are shown in the message's properties, which are limited. */
const maxReasonLength = 1_000;

/**
 * Puts a message that can never be used on `rejected`, with its body as it came and why it was refused. The trigger then
 * completes it: a message that is wrong today is wrong on every redelivery.
 */
export async function reject(
  outbox: Outbox,
  source: string,
  message: Incoming,
  problem: Problem,
): Promise<void> {
  await outbox.sendRaw(entities.rejected, message.body, {
    messageId: `rejected:${randomUUID()}`,
    subject: "rejected",
    ...(message.contentType ? { contentType: message.contentType } : {}),
    ...(message.correlationId ? { correlationId: message.correlationId } : {}),
    applicationProperties: {
      ...message.applicationProperties,
      source,
      reason: problem.kind,
      detail: problem.message.slice(0, maxReasonLength),
      originalMessageId: message.messageId,
    },
  });
}
