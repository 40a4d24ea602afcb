import type { ServiceBusReceiver } from "@azure/service-bus";
import { within } from "./calls.ts";

/** The part of an AMQP link that draining needs. The SDK keeps its links to itself. */
interface Link {
  /** Messages that the broker may still send. */
  readonly credit: number;
  drain: boolean;
  isOpen(): boolean;
  drainCredit(): void;
  once(event: "receiver_drained", listener: () => void): unknown;
}

/** A connection that breaks takes the answer with it; this often the link is looked at. */
const lookEveryMs = 50;
/** How long the answer may stay out when there is nothing left to stop. */
const lateAnswerMs = 1_000;

/**
 * Has the broker stop sending to a receiver that is subscribed, and waits for its answer for at most this long. The SDK does the same
 * when a subscription is closed, but waits for 200 ms only and then closes the link: what was on its way to a machine that is busy for
 * that long stays locked, and what was being settled is not. Without a link to be found the SDK's way remains.
 */
export async function drain(
  receiver: ServiceBusReceiver,
  options: { readonly withinMs: number; readonly hurry: AbortSignal },
): Promise<void> {
  const link = linkOf(receiver);
  if (link === undefined || !link.isOpen() || link.credit === 0) return;
  const answer = new Promise<"answered">((resolve) =>
    link.once("receiver_drained", () => resolve("answered")),
  );
  let end = Date.now() + options.withinMs;
  link.drainCredit();
  while (link.isOpen() && !options.hurry.aborted && Date.now() < end) {
    if ((await within(lookEveryMs, answer)) === "answered") break;
    // All was sent after all; an answer that came later than the next credit would take that credit away.
    if (link.credit === 0) end = Math.min(end, Date.now() + lateAnswerMs);
  }
  link.drain = false;
}

function linkOf(receiver: ServiceBusReceiver): Link | undefined {
  const streaming: unknown = Reflect.get(receiver, "_streamingReceiver");
  const link: unknown = isObject(streaming) ? Reflect.get(streaming, "link") : undefined;
  return isObject(link) && isLink(link) ? link : undefined;
}

function isLink(link: object): link is Link {
  return (
    "credit" in link &&
    "drain" in link &&
    ["isOpen", "drainCredit", "once"].every((name) => typeof Reflect.get(link, name) === "function")
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
