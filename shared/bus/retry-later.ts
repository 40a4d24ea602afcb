import type { ServiceBusMessage } from "@azure/service-bus";
import { withJitter } from "../kernel/clock.ts";
import type { Incoming } from "./incoming.ts";
import type { Outbox } from "./outbox.ts";
import { maxIdLength, type EntityName } from "./topology.ts";

const attemptProperty = "interroleAttempt";
const logicalIdProperty = "interroleLogicalId";

/** After so many attempts the error is thrown, and the broker dead-letters the message in the end. */
const maxAttempts = 12;
const firstDelayMs = 500;
const maxDelayMs = 60_000;

/** The id of a message over all its copies. */
export function logicalIdOf(message: Incoming): string {
  return String(message.applicationProperties[logicalIdProperty] ?? message.messageId);
}

/**
 * Sends a scheduled copy of a message whose handling failed for now, so that the trigger can complete the original: abandoning
 * would bring it back at once and use up its deliveries within a second. Throws the error itself when enough was tried.
 */
export async function retryLater(
  outbox: Outbox,
  entity: EntityName,
  message: Incoming,
  error: unknown,
): Promise<void> {
  if (!hasAttemptsLeft(message)) throw error;
  const attempt = attemptsOf(message) + 1;
  const logicalId = logicalIdOf(message);
  const copy: Omit<ServiceBusMessage, "body"> = {
    messageId: `${logicalId}:a${attempt}`.slice(-maxIdLength),
    ...defined("replyTo", message.replyTo),
    ...defined("replyToSessionId", message.replyToSessionId),
    ...defined("correlationId", message.correlationId),
    ...defined("contentType", message.contentType),
    ...defined("subject", message.subject),
    applicationProperties: {
      ...message.applicationProperties,
      [attemptProperty]: attempt,
      [logicalIdProperty]: logicalId,
    },
  };
  const delayMs = withJitter(Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1)));
  await outbox.sendRaw(entity, message.body, copy, delayMs);
}

/** Whether the message may come again as a copy. */
export function hasAttemptsLeft(message: Incoming): boolean {
  return attemptsOf(message) < maxAttempts;
}

/** How often it was tried. Anybody may send any property: what is not a count of ours counts as none, so that it ends. */
function attemptsOf({ applicationProperties }: Incoming): number {
  const attempts = Number(applicationProperties[attemptProperty] ?? 0);
  return Number.isInteger(attempts) && attempts > 0 ? attempts : 0;
}

function defined(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}
