import { Problem } from "../kernel/problem.ts";
import type { Incoming } from "./incoming.ts";
import type { BusLog } from "./log.ts";
import type { Outbox } from "./outbox.ts";
import { reject } from "./reject.ts";
import { reply, replyAddressOf } from "./reply.ts";
import { hasAttemptsLeft, logicalIdOf, retryLater } from "./retry-later.ts";
import type { EntityName } from "./topology.ts";

/**
 * Does with a message whose handling failed what its error calls for, so that the trigger can complete it. What can never work, or has
 * not worked often enough, goes to `rejected` with its reason, and whoever wants an answer is told; what failed for now comes again as a
 * scheduled copy. Throws the error itself when it is no Problem and enough was tried: the broker dead-letters the message then.
 */
export async function giveBack(
  { outbox, log }: { outbox: Outbox; log: BusLog },
  entity: EntityName,
  message: Incoming,
  error: unknown,
): Promise<void> {
  if (error instanceof Problem && !(isPassing(error) && hasAttemptsLeft(message))) {
    await reject(outbox, entity, message, error);
    log.rejected(entity, message.messageId, error);
    const asker = askerOf(message);
    if (asker) await reply(outbox, asker, "problem", `${logicalIdOf(message)}:problem`, error.toDetails());
    return;
  }
  await retryLater(outbox, entity, message, error);
  log.postponed(entity, message.messageId, error);
}

/** Whether the same request may work later. */
export function isPassing({ kind, retryAfterSeconds }: Problem): boolean {
  return kind === "unavailable" || retryAfterSeconds !== undefined;
}

/** The asker of a message that was refused; if its ReplyTo is what was wrong, there is nobody to tell. */
function askerOf(message: Incoming): ReturnType<typeof replyAddressOf> {
  try {
    return replyAddressOf(message);
  } catch {
    return undefined;
  }
}
