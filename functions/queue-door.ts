import type { InvocationContext } from "@azure/functions";
import type { z } from "zod";
import { giveBack } from "../shared/bus/give-back.ts";
import { readIncoming, type Incoming } from "../shared/bus/incoming.ts";
import type { EntityName } from "../shared/bus/topology.ts";
import { parseJson } from "../shared/kernel/parse.ts";
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
      await giveBack({ outbox: runtime.outbox, log: runtime.logs.bus }, entity, message, error);
    }
  });
}
