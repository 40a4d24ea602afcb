import type { Sender } from "rhea";
import { BrokerError } from "../broker-error.ts";
import { maxWaitingReplies } from "../limits.ts";
import { amqpError, type OpenLink } from "./open-link.ts";
import { rawDelivery } from "./rhea-shapes.ts";
import type { SendWindow } from "./send-window.ts";

/** The link on which a client takes the replies of `$cbs` or of a management node. */
export class ReplyLink implements OpenLink {
  readonly name: string;
  readonly resource: string | undefined;
  /** The node, in lower case: a reply may only go to a link of the node that was asked. */
  readonly node: string;
  /** What the client calls the link in reply-to. */
  readonly address: string | undefined;
  readonly #sender: Sender;
  readonly #window: SendWindow;
  #waiting: Buffer[] = [];

  constructor(
    sender: Sender,
    window: SendWindow,
    options: { node: string; resource: string | undefined; address: string | undefined },
  ) {
    this.name = sender.name;
    this.#sender = sender;
    this.#window = window;
    this.node = options.node;
    this.resource = options.resource;
    this.address = options.address;
  }

  send(reply: Buffer): void {
    if (this.#waiting.length >= maxWaitingReplies) {
      this.end(
        new BrokerError("amqp:resource-limit-exceeded", "Too many replies wait for credit on this link."),
      );
      return;
    }
    this.#waiting.push(reply);
    this.flush();
  }

  /** Sends what waits, as far as credit goes. */
  flush(): void {
    while (this.#waiting.length > 0 && this.#window.capacity(this.#sender) > 0) {
      const reply = this.#waiting.shift();
      if (reply !== undefined) this.#window.queued(rawDelivery(this.#sender.send(reply, undefined, 0)));
    }
  }

  end(error: BrokerError): void {
    this.#sender.close(amqpError(error));
  }

  dispose(): void {
    this.#waiting = [];
  }
}
