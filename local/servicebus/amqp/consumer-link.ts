import type { Delivery, Sender } from "rhea";
import { BrokerError } from "../broker-error.ts";
import type { Consumer, ReceiveMode } from "../store/consumer.ts";
import type { MessageLock, StoredMessage } from "../store/message.ts";
import type { SessionLock } from "../store/session.ts";
import type { Source } from "../store/source.ts";
import { encodeMessage, lockTag } from "./delivery.ts";
import { amqpError, type OpenLink } from "./open-link.ts";
import { readOutcome } from "./outcome.ts";
import { forgetDelivery, refuse, settleForGood } from "./rhea-link.ts";
import { type RawDelivery, rawDelivery } from "./rhea-shapes.ts";
import { confirmedOutcome, rejectedOutcome } from "./rhea-values.ts";
import type { SendWindow } from "./send-window.ts";
import { type Settlement, settle } from "./settlement.ts";

/** A link on which a client receives from a queue, a subscription, a dead-letter queue or one session. */
export class ConsumerLink implements OpenLink, Consumer {
  readonly name: string;
  readonly resource: string;
  readonly mode: ReceiveMode;
  readonly source: Source;
  /** The session the link holds, once it does. */
  session: SessionLock | undefined;
  /** Takes back what the link still waits for: a session. */
  stopWaiting: (() => void) | undefined;
  readonly #sender: Sender;
  readonly #window: SendWindow;
  /** Lock tokens of deliveries the client has not settled. */
  #tokens = new Map<RawDelivery, string>();
  #ended = false;

  constructor(
    sender: Sender,
    window: SendWindow,
    options: { resource: string; mode: ReceiveMode; source: Source },
  ) {
    this.name = sender.name;
    this.#sender = sender;
    this.#window = window;
    this.resource = options.resource;
    this.mode = options.mode;
    this.source = options.source;
  }

  capacity(): number {
    return this.#ended ? 0 : this.#window.capacity(this.#sender);
  }

  deliver(message: StoredMessage, lock: MessageLock | undefined): void {
    const tag = lock === undefined ? undefined : lockTag(lock.token);
    const delivery = rawDelivery(this.#sender.send(encodeMessage(message, lock), tag, 0));
    this.#window.queued(delivery);
    if (lock !== undefined) this.#tokens.set(delivery, lock.token);
    this.source.life.touch();
  }

  /** The client granted credit, or the session can send again. */
  pump(): void {
    if (!this.#ended) this.source.mailbox.ready(this, this.session);
  }

  /** The client said what became of a delivery, or merely that it is done with it. */
  settled(delivery: Delivery, outcome: string): void {
    const raw = rawDelivery(delivery);
    const token = this.#tokens.get(raw);
    if (token === undefined) return;
    this.#tokens.delete(raw);
    try {
      const settlement: Settlement =
        outcome === "settled" ? { kind: "release" } : readOutcome(outcome, raw.remote_state);
      settle(this.source, token, settlement);
      settleForGood(raw, confirmedOutcome(outcome));
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      settleForGood(raw, rejectedOutcome(amqpError(error)));
    }
    // Settling frees a place in the ring of the AMQP session.
    this.pump();
  }

  /** The store has nothing more for this link. */
  ended(error: BrokerError): void {
    this.end(error);
  }

  end(error: BrokerError): void {
    if (this.#ended) return;
    this.#ended = true;
    const wait = this.stopWaiting;
    this.stopWaiting = undefined;
    wait?.();
    // While it waits for a session the attach is not answered yet.
    if (wait === undefined) this.#sender.close(amqpError(error));
    else refuse(this.#sender, amqpError(error));
  }

  dispose(): void {
    this.#ended = true;
    this.stopWaiting?.();
    this.source.mailbox.detach(this);
    if (this.session !== undefined) this.source.mailbox.sessions?.release(this.session);
    // Nobody will settle these on this link any more; unsettled they would hold their places in the ring for ever.
    for (const delivery of this.#tokens.keys()) forgetDelivery(delivery);
    this.#tokens.clear();
  }
}
