import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import type { InvocationRequest, Invoker } from "../core/listener.ts";
import type { Log } from "../log/log.ts";
import { BodyError, bodyOfMany, bodyOfOne } from "./body.ts";
import { within } from "./calls.ts";
import { metadataOfMany, metadataOfOne } from "./metadata.ts";
import { reasonOf } from "./reason.ts";
import type { ServiceBusTrigger } from "./trigger.ts";

/** What settles messages: a receiver, with or without a session. */
export type Settler = Pick<ServiceBusReceiver, "completeMessage" | "abandonMessage">;

/** What a dispatch is for. */
export interface DispatchOptions {
  readonly functionName: string;
  readonly trigger: ServiceBusTrigger;
  readonly invoker: Invoker;
  readonly log: Log;
}

/** Hands messages to the function and settles them by what became of it. Never rejects. */
export type Dispatch = (
  messages: readonly ServiceBusReceivedMessage[],
  settler: Settler,
  signal: AbortSignal,
) => Promise<void>;

/**
 * On a connection that has just broken, the SDK waits for its whole time-out before a settlement fails. The next call need not
 * wait for that; the settlement goes on.
 */
const settleWithinMs = 2_000;

/** Where a sender's trace is written, by the convention of all Service Bus clients. */
const traceProperty = "Diagnostic-Id";

/** Makes the dispatch of one function: success completes (unless the function's options say not to), failure abandons. */
export function createDispatch({ functionName, trigger, invoker, log }: DispatchOptions): Dispatch {
  return async (messages, settler, signal) => {
    const succeeded = await run(messages, signal);
    if (succeeded) {
      if (!trigger.autoComplete) return;
      await within(
        settleWithinMs,
        settle("complete", messages, (it) => settler.completeMessage(it)),
      );
    } else {
      await within(
        settleWithinMs,
        settle("abandon", messages, (it) => settler.abandonMessage(it)),
      );
    }
  };

  async function run(messages: readonly ServiceBusReceivedMessage[], signal: AbortSignal): Promise<boolean> {
    try {
      await invoker.invoke(functionName, toRequest(trigger, messages), { signal });
      return true;
    } catch (error) {
      // The invoker has told of the function's own failure; what is left is why there was no call at all.
      if (error instanceof BodyError) {
        log("error", `Function '${functionName}' was not called: ${error.message}`, error);
      }
      return false;
    }
  }

  async function settle(
    how: "complete" | "abandon",
    messages: readonly ServiceBusReceivedMessage[],
    act: (message: ServiceBusReceivedMessage) => Promise<void>,
  ): Promise<void> {
    const outcomes = await Promise.allSettled(messages.map(act));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === "fulfilled") continue;
      const id = String(messages[index]?.messageId);
      log(
        "error",
        `Function '${functionName}': cannot ${how} message '${id}', it will come again: ${reasonOf(outcome.reason)}`,
        outcome.reason,
      );
    }
  }
}

function toRequest(
  trigger: ServiceBusTrigger,
  messages: readonly ServiceBusReceivedMessage[],
): InvocationRequest {
  const [first] = messages;
  if (trigger.cardinality === "many" || first === undefined) {
    return {
      inputData: [{ name: trigger.name, data: bodyOfMany(messages, trigger.binary) }],
      triggerMetadata: metadataOfMany(messages),
    };
  }
  const data = bodyOfOne(first, trigger.binary);
  const traceParent: unknown = first.applicationProperties?.[traceProperty];
  return {
    inputData: [{ name: trigger.name, data }],
    triggerMetadata: metadataOfOne(first, data.string),
    ...(typeof traceParent === "string" ? { traceContext: { traceParent } } : {}),
  };
}
