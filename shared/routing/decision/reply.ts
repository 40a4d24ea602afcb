import type { Outbox } from "../../bus/outbox.ts";
import { entities, maxIdLength } from "../../bus/topology.ts";
import { Problem } from "../../kernel/problem.ts";
import { routingLimits as limits } from "../limits.ts";
import type { Pass } from "../routed-message.ts";
import type { Routed } from "./router.ts";

/** What every answer says of the message that it answers. */
export function answerIds({ decision }: Pick<Routed, "decision">): Record<string, string> {
  return { "interrole-message-id": decision.id, "interrole-table-version": decision.version };
}

/**
 * Sends a service's answer to whoever asked on a queue: its body as it is, its status as a property. Throws Problem when it is too large for a
 * queue.
 */
export async function sendReply(
  outbox: Pick<Outbox, "sendRaw">,
  { reply }: Pass,
  routed: Extract<Routed, { kind: "answered" }>,
): Promise<void> {
  const { answer, decision } = routed;
  if (reply?.kind !== "queue") return;
  if (answer.body.length > limits.maxQueuedBodyBytes) {
    throw new Problem(
      "payload-too-large",
      `The service has answered with ${answer.body.length} bytes; on a queue an answer may have at most ${limits.maxQueuedBodyBytes}`,
    );
  }
  const ids = answerIds(routed);
  await outbox.sendRaw(entities.replies, answer.body, {
    messageId: `${decision.id}:answer`.slice(-maxIdLength),
    subject: "router.answer",
    sessionId: reply.sessionId,
    correlationId: reply.correlationId,
    ...(answer.contentType === undefined ? {} : { contentType: answer.contentType }),
    applicationProperties: { status: answer.status, ...ids },
  });
}
