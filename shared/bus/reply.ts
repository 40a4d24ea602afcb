import { Problem } from "../kernel/problem.ts";
import type { Incoming } from "./incoming.ts";
import type { Outbox } from "./outbox.ts";
import { entities, isReplyTarget, maxIdLength } from "./topology.ts";

/** Where an answer goes. Small, so that it can be kept with a long-running request. */
export interface ReplyAddress {
  entity: typeof entities.replies;
  sessionId: string;
  correlationId: string;
}

/**
 * Reads where the sender of a message wants its answer; undefined when it wants none. Throws Problem when ReplyTo names an
 * entity that is not meant to take answers: otherwise anybody could make us write into any queue.
 */
export function replyAddressOf(message: Incoming): ReplyAddress | undefined {
  if (!message.replyTo) return undefined;
  if (!isReplyTarget(message.replyTo) || message.replyTo !== entities.replies) {
    throw new Problem(
      "invalid-request",
      `ReplyTo names "${message.replyTo}", which takes no answers; allowed: "${entities.replies}"`,
    );
  }
  const correlationId = message.correlationId ?? message.messageId;
  const sessionId = message.replyToSessionId ?? correlationId;
  if (sessionId === "" || sessionId.length > maxIdLength) {
    throw new Problem(
      "invalid-request",
      `A message with ReplyTo must say in which session it wants its answer: ReplyToSessionId, or else CorrelationId or MessageId, of 1 to ${maxIdLength} characters`,
    );
  }
  return { entity: entities.replies, sessionId, correlationId };
}

/** Sends an answer. `subject` names its kind; the MessageId makes a repeated answer recognisable; of a longer one the end is kept. */
export async function reply(
  outbox: Outbox,
  to: ReplyAddress,
  subject: string,
  messageId: string,
  body: unknown,
): Promise<void> {
  await outbox.send(to.entity, {
    body,
    subject,
    messageId: messageId.slice(-maxIdLength),
    sessionId: to.sessionId,
    correlationId: to.correlationId,
  });
}
