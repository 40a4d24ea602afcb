import { entities } from "../../bus/topology.ts";
import { routingLimits as limits } from "../limits.ts";
import { EndpointFailure } from "./failure.ts";
import { carriedHeaders, identityOf } from "./outgoing-headers.ts";
import type { Call, EndpointPorts } from "./ports.ts";

/**
 * Puts the message on a queue or topic: the body as it came, the sender's headers and the ids as application properties, the id of the
 * branch as MessageId. Only a message with an ordering key has a SessionId, which is that key: a queue with sessions refuses others. Where
 * the sender wants an answer, the message says so in ReplyTo.
 */
export async function callEntity(
  { sendToEntity }: Pick<EndpointPorts, "sendToEntity">,
  entity: string,
  call: Call,
): Promise<void> {
  const { body, contentType, pass } = call.message;
  if (body.length > limits.maxQueuedBodyBytes) {
    const sizes = `the body has ${body.length} bytes; a queue takes ${limits.maxQueuedBodyBytes}`;
    throw new EndpointFailure("target", sizes);
  }
  await sendToEntity(entity, body, {
    messageId: call.branch.id,
    ...(contentType === undefined ? {} : { contentType }),
    ...(pass.orderingKey === undefined ? {} : { sessionId: pass.orderingKey }),
    ...(pass.reply?.kind === "queue"
      ? {
          replyTo: entities.replies,
          replyToSessionId: pass.reply.sessionId,
          correlationId: pass.reply.correlationId,
        }
      : {}),
    applicationProperties: { ...carriedHeaders(pass), ...identityOf(call) },
  });
}
