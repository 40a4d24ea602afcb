import type { InvocationContext } from "@azure/functions";
import type { z } from "zod";
import { readIncoming } from "../shared/bus/incoming.ts";
import { reject } from "../shared/bus/reject.ts";
import type { EntityName } from "../shared/bus/topology.ts";
import { parseJson } from "../shared/kernel/parse.ts";
import { Problem } from "../shared/kernel/problem.ts";
import { runtime } from "./app-runtime.ts";
import { counted } from "./trigger.ts";

/**
 * Wraps the handler of this instance's own subscription on a topic: parses each notification once with the slice's schema. What can never
 * work goes to `rejected`; anything else that is thrown brings the notification back, to this instance alone.
 */
export function topicDoor<T>(topic: EntityName, schema: z.ZodType<T>, act: (value: T) => Promise<void>) {
  return counted(async (body: unknown, context: InvocationContext) => {
    const message = readIncoming(body, context);
    try {
      await act(parseJson(schema, message.body.toString("utf8"), "notification"));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await reject(runtime.outbox, topic, message, error);
      runtime.logs.bus.rejected(topic, message.messageId, error);
    }
  });
}
