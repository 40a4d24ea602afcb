import type { InvocationContext } from "@azure/functions";
import type { z } from "zod";
import { readIncoming, type Incoming } from "../shared/bus/incoming.ts";
import { reject } from "../shared/bus/reject.ts";
import { reply, replyAddressOf } from "../shared/bus/reply.ts";
import { logicalIdOf, retryLater } from "../shared/bus/retry-later.ts";
import type { EntityName } from "../shared/bus/topology.ts";
import { parseJson } from "../shared/kernel/parse.ts";
import { Problem } from "../shared/kernel/problem.ts";
import { runtime } from "./app-runtime.ts";
import { counted } from "./trigger.ts";

/**
 * Wraps the handler of a queue: parses each message once with the slice's schema. What can never work goes to `rejected` with its reason,
 * and whoever wants an answer is told; what failed for now comes again as a scheduled copy.
 */
export function queueDoor<T>(
  entity: EntityName,
  schema: z.ZodType<T>,
  act: (value: T, message: Incoming) => Promise<void>,
) {
  return counted(async (body: unknown, context: InvocationContext) => {
    const message = readIncoming(body, context);
    try {
      await act(parseJson(schema, message.body.toString("utf8"), "message"), message);
    } catch (error) {
      if (error instanceof Problem) await refuse(entity, message, error);
      else await retryLater(runtime.outbox, entity, message, error);
    }
  });
}

async function refuse(entity: EntityName, message: Incoming, problem: Problem): Promise<void> {
  const { outbox } = runtime;
  await reject(outbox, entity, message, problem);
  const asker = askerOf(message);
  if (asker) await reply(outbox, asker, "problem", `${logicalIdOf(message)}:problem`, problem.toDetails());
}

/** The asker of a message that was refused; if its ReplyTo is what was wrong, there is nobody to tell. */
function askerOf(message: Incoming): ReturnType<typeof replyAddressOf> {
  try {
    return replyAddressOf(message);
  } catch {
    return undefined;
  }
}
