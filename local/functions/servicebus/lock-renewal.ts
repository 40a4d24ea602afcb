import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import type { Log } from "../log/log.ts";
import { reasonOf } from "./reason.ts";

/** A lock is renewed when this part of its time is over. */
const renewAfter = 0.5;
/** Shorter waits than this would only load the broker. */
const shortestWaitMs = 100;
const longestWaitMs = 2 ** 31 - 1;

/** What a renewal needs of its surroundings. */
export interface RenewalOptions {
  /** Renewing ends after this time, whatever the function does. */
  readonly limitMs: number;
  readonly log: Log;
}

/**
 * Renews a message's lock until the answer is called. The SDK's own renewal would go on after the function has ended, when the
 * message is not settled, and spins when locks are short.
 */
export function renewLock(
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  { limitMs, log }: RenewalOptions,
): () => void {
  const end = Date.now() + limitMs;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const schedule = (): void => {
    const now = Date.now();
    const lockedUntil = message.lockedUntilUtc?.getTime() ?? now;
    const wait = Math.min(Math.max((lockedUntil - now) * renewAfter, shortestWaitMs), longestWaitMs);
    if (stopped || now + wait > end) return;
    timer = setTimeout(() => void renew(), wait);
  };
  const renew = async (): Promise<void> => {
    try {
      await receiver.renewMessageLock(message);
      schedule();
    } catch (error) {
      if (stopped) return;
      if ((message.lockedUntilUtc?.getTime() ?? 0) > Date.now()) return schedule();
      log("warning", `The lock of message '${String(message.messageId)}' is lost: ${reasonOf(error)}`);
    }
  };

  if (limitMs > 0) schedule();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
