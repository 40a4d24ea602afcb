import type { AmqpError, Receiver, Sender } from "rhea";
import { type RawDelivery, type RawLink, rawLink } from "./rhea-shapes.ts";

/**
 * Answers a drain also when no credit is left. Without it rhea stays silent, and clients close their link after waiting 200 ms
 * and more.
 */
export function answerEveryDrain(link: RawLink): void {
  link._get_drain = () => {
    if (!link._draining || !link._drained) return false;
    link.delivery_count += link.credit;
    link.credit = 0;
    link._draining = false;
    link._drained = false;
    return true;
  };
}

/**
 * Settles a delivery for both sides. rhea frees its place in the ring only when it believes that both have settled, but a client
 * that settles second never says so again: without it a link stops for good when the ring is full.
 */
export function settleForGood(delivery: RawDelivery, outcome: unknown): void {
  delivery.update(true, outcome);
  delivery.remote_settled = true;
}

/** Frees the place of a delivery whose link is gone, without a word to the client. */
export function forgetDelivery(delivery: RawDelivery): void {
  delivery.settled = true;
  delivery.remote_settled = true;
}

/** Holds the answer to an attach back; `link.open()` sends it. rhea has queued it by the time of the open event. */
export function holdAttach(link: RawLink): void {
  link.state.local_open = false;
  link.state.open_requests = 0;
}

/** Refuses a link the way AMQP has it: an attach without terminus, then a detach with the error. */
export function refuse(link: Sender | Receiver, error: AmqpError): void {
  const { attach } = rawLink(link).local;
  if (link.is_receiver()) attach.target = null;
  else attach.source = null;
  link.open();
  link.close(error);
}
