import type { InvocationContext } from "@azure/functions";
import { runtime } from "./app-runtime.ts";

/**
 * How every Service Bus trigger here is registered. The body comes as bytes and is parsed once, with a schema: otherwise the host
 * merges top-level strings of a JSON body into the trigger metadata, and the library parses 64-bit numbers away.
 */
export const triggerOptions = { connection: "ServiceBus", dataType: "binary" } as const;

/** Counts a message's handling in flight, so that a draining instance waits for it. */
export function counted(handle: (body: unknown, context: InvocationContext) => Promise<void>) {
  return async (body: unknown, context: InvocationContext): Promise<void> => {
    const leave = runtime.inFlight.enter();
    try {
      await handle(body, context);
    } finally {
      leave();
    }
  };
}
