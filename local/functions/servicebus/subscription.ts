import { setImmediate } from "node:timers/promises";
import type {
  MessageHandlers,
  ProcessErrorArgs,
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
} from "@azure/service-bus";
import { drain } from "./drain.ts";
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

// The SDK tells of its attempts to attach only to handlers that have these members, which its public types leave out.
interface AttachAwareHandlers extends MessageHandlers {
  preInitialize(): Promise<void>;
  postInitialize(): Promise<void>;
}

/** A broker refuses a link by attaching it and then detaching it with the reason; this long the reason may take. */
const refusedWithinMs = 50;
/** A connection that breaks in the middle of attaching would keep the SDK waiting for a minute. */
export const attachedWithinMs = 15_000;

/** What a subscription does and for how long. */
export interface SubscriptionOptions {
  /** Messages that may be with us, unsettled, at a time. Another one comes when this promise is over. */
  readonly credit: number;
  readonly onMessage: (message: ServiceBusReceivedMessage) => Promise<void>;
  /** Called when the broker sends, or would if there were messages. */
  readonly onReceiving: () => void;
  /** When this resolves, nothing new is taken. */
  readonly until: Promise<unknown>;
  /** When this is aborted, a link that is still being opened is given up. */
  readonly hurry: AbortSignal;
}

/**
 * Takes messages until told to stop; resolves when the broker sends no more. The link stays open, so what is still unsettled
 * can be settled, and the same receiver can subscribe again. After a broken connection the SDK goes on by itself; when that fails,
 * or the broker refuses the link, this rejects with the reason.
 */
export async function takeMessages(
  receiver: ServiceBusReceiver,
  options: SubscriptionOptions,
): Promise<void> {
  const { credit, onMessage, onReceiving, until, hurry } = options;
  const attaching = new AbortController();
  let release = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    release = resolve;
  });
  const attachment = new Attachment(onReceiving);
  let isEnding = false;
  const handlers: AttachAwareHandlers = {
    // The SDK gives a credit for each handler that ends. It must see none end while the broker is asked to stop, and the rest
    // while it takes nothing, or a later subscription would start with too many.
    processMessage: (message) =>
      Promise.race([onMessage(message).then(() => (isEnding ? ended : undefined)), ended]),
    processError: async (args) => attachment.failed(args),
    preInitialize: async () => attachment.tried(),
    postInitialize: async () => attachment.made(),
  };
  const subscription = receiver.subscribe(handlers, {
    autoCompleteMessages: false,
    maxConcurrentCalls: credit,
    abortSignal: attaching.signal,
  });
  try {
    await Promise.race([until, attachment.broken]);
    // Called off in the middle, the SDK would leave the connection half open, and nobody who shares it could receive any more.
    await attachment.over(hurry);
  } finally {
    isEnding = true;
    attachment.end();
    // A link that has just been made gets its first credit in this turn of the event loop.
    await setImmediate();
    await drain(receiver, { withinMs: attachedWithinMs, hurry });
    // Ends the pause before the next attempt; the SDK would otherwise sleep through it.
    attaching.abort();
    await subscription.close();
    release();
    await setImmediate();
  }
}

/** Tells an attachment that holds from one that the broker takes back at once, and from one that never comes. */
class Attachment {
  /** Rejects when there is no attachment, with the reason. */
  readonly broken: Promise<never>;
  readonly #onReceiving: () => void;
  #isAttaching = true;
  #settle: () => void = () => undefined;
  #break: (reason: Error) => void = () => undefined;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(onReceiving: () => void) {
    this.#onReceiving = onReceiving;
    this.broken = new Promise((_resolve, reject) => {
      this.#break = reject;
    });
    // It may break after nobody waits for it any more.
    this.broken.catch(() => undefined);
  }

  tried(): void {
    this.#isAttaching = true;
    const late = new Error(`The broker did not answer within ${attachedWithinMs} ms.`);
    this.#after(attachedWithinMs, () => this.#break(late));
  }

  made(): void {
    this.#isAttaching = false;
    this.#settle();
    this.#after(refusedWithinMs, this.#onReceiving);
  }

  failed({ error, errorSource }: ProcessErrorArgs): void {
    if (error.name === "AbortError" || errorSource !== "receive") return;
    this.end();
    this.#break(error);
  }

  /** Waits while an attempt to attach is under way. Rejects when it fails. */
  async over(hurry: AbortSignal): Promise<void> {
    if (!this.#isAttaching || hurry.aborted) return;
    const settled = new Promise<void>((resolve) => (this.#settle = resolve));
    hurry.addEventListener("abort", this.#settle);
    await Promise.race([settled, this.broken]);
    hurry.removeEventListener("abort", this.#settle);
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #after(milliseconds: number, act: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#timer = setTimeout(act, milliseconds);
  }
}
