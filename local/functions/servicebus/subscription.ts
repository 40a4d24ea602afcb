import { setImmediate } from "node:timers/promises";
import type {
  MessageHandlers,
  ProcessErrorArgs,
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
} from "@azure/service-bus";
import type { PumpEvents } from "./pump.ts";
import type { Entity } from "./trigger.ts";

/** A receiver on an entity without sessions. Bodies come as they are, and locks are renewed here, not by the SDK. */
export function openReceiver(client: ServiceBusClient, entity: Entity): ServiceBusReceiver {
  const options = {
    receiveMode: "peekLock",
    skipParsingBodyAsJson: true,
    maxAutoLockRenewalDurationInMs: 0,
  } as const;
  return "queue" in entity
    ? client.createReceiver(entity.queue, options)
    : client.createReceiver(entity.topic, entity.subscription, options);
}

// The SDK knows when its link is attached and tells only handlers that have this member, which its public types leave out.
interface AttachAwareHandlers extends MessageHandlers {
  postInitialize(): Promise<void>;
}

/** What a subscription does and for how long. */
export interface SubscriptionOptions {
  /** Messages that may be with us, unsettled, at a time. Another one comes when this promise is over. */
  readonly credit: number;
  readonly onMessage: (message: ServiceBusReceivedMessage) => Promise<void>;
  readonly events: PumpEvents;
  /** When this resolves, nothing new is taken. */
  readonly until: Promise<unknown>;
}

/**
 * Takes messages until told to stop; resolves when the broker sends no more. The link stays open, so what is still unsettled
 * can be settled, and the same receiver can subscribe again. A broken or refused link is opened again by the SDK, for ever.
 */
export async function takeMessages(
  receiver: ServiceBusReceiver,
  options: SubscriptionOptions,
): Promise<void> {
  const { credit, onMessage, events, until } = options;
  const attaching = new AbortController();
  let release = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    release = resolve;
  });
  const handlers: AttachAwareHandlers = {
    processMessage: (message) => Promise.race([onMessage(message), ended]),
    processError: async (args) => report(args, events),
    postInitialize: async () => events.receiving(),
  };
  const subscription = receiver.subscribe(handlers, {
    autoCompleteMessages: false,
    maxConcurrentCalls: credit,
    abortSignal: attaching.signal,
  });
  await until;
  // Ends a link that is still being opened; the SDK would otherwise sleep through its back-off first.
  attaching.abort();
  await subscription.close();
  // The SDK gives a credit for each handler that ends. It must see them all end while it takes nothing, or a later
  // subscription would start with too many.
  release();
  await setImmediate();
}

function report({ error, errorSource }: ProcessErrorArgs, events: PumpEvents): void {
  if (error.name === "AbortError") return;
  if (errorSource === "receive") events.failing(error);
}
