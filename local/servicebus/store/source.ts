import type { Subqueue } from "../address.ts";
import { BrokerError } from "../broker-error.ts";
import type { ReceivableProperties } from "../model.ts";
import type { Life } from "./life.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Change } from "./message.ts";
import type { DeadLetterCause, Receivable } from "./receivable.ts";

/** What messages are received from: a queue or subscription, or one of its dead-letter queues. */
export class Source {
  readonly path: string;
  readonly subqueue: Subqueue;
  readonly mailbox: Mailbox;
  readonly life: Life;
  readonly #receivable: Receivable;
  readonly #properties: () => ReceivableProperties;

  constructor(
    receivable: Receivable,
    subqueue: Subqueue,
    life: Life,
    properties: () => ReceivableProperties,
  ) {
    this.#receivable = receivable;
    this.subqueue = subqueue;
    this.life = life;
    this.#properties = properties;
    this.mailbox = {
      main: receivable.main,
      "dead-letter": receivable.deadLetters,
      "transfer-dead-letter": receivable.transferDeadLetters,
    }[subqueue];
    this.path = receivable.path + subqueuePaths[subqueue];
  }

  /** Throws when no receiver may be attached now. */
  assertReceivable(): void {
    const { status, forwardTo } = this.#properties();
    if (status === "Disabled" || status === "ReceiveDisabled") throw receiveDisabled(this.path);
    if (this.subqueue === "main" && forwardTo !== undefined) throw receiveForwarding(this.path);
  }

  /** Moves a locked message to the dead letters. One that is there already is refused, and stays locked. */
  deadLetter(token: string, cause: DeadLetterCause, change?: Change): void {
    if (this.subqueue !== "main")
      throw new BrokerError("amqp:not-allowed", `A message of '${this.path}' cannot be dead-lettered again.`);
    this.#receivable.deadLetter(this.mailbox.remove(token, change), cause);
  }
}

const subqueuePaths = {
  main: "",
  "dead-letter": "/$DeadLetterQueue",
  "transfer-dead-letter": "/$Transfer/$DeadLetterQueue",
} as const;

export function receiveDisabled(path: string): BrokerError {
  return new BrokerError(
    "com.microsoft:entity-disabled",
    `The messaging entity '${path}' is disabled for receiving.`,
  );
}

export function receiveForwarding(path: string): BrokerError {
  return new BrokerError(
    "amqp:not-allowed",
    `Cannot create a message receiver on the entity '${path}', which has auto-forwarding enabled.`,
  );
}
