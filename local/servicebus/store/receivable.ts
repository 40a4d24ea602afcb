import { BrokerError } from "../broker-error.ts";
import type { Clock } from "../clock.ts";
import type { ReceivableProperties } from "../model.ts";
import { Mailbox } from "./mailbox.ts";
import type { MailboxOwner } from "./mailbox-owner.ts";
import type { Arrival, StoredMessage } from "./message.ts";
import type { Usage } from "./usage.ts";

/** Moves a message on to another entity. Throws BrokerError when that entity is missing or does not take it. */
export interface Router {
  forward(target: string, arrival: Arrival): void;
}

/** Why a message is dead-lettered. */
export interface DeadLetterCause {
  readonly reason: string | undefined;
  readonly description: string | undefined;
}

const deadLetterCauses = {
  expired: { reason: "TTLExpiredException", description: "The message expired and was dead lettered." },
  noSession: {
    reason: "Session ID is null",
    description: "Session enabled entity doesn't allow a message whose session identifier is null.",
  },
} as const;

/** What a queue and a subscription have in common: messages wait in it, die in it, or move on from it. */
export class Receivable {
  readonly path: string;
  readonly main: Mailbox;
  readonly deadLetters: Mailbox;
  readonly transferDeadLetters: Mailbox;
  #sequence = 0;
  readonly #router: Router;
  readonly #properties: () => ReceivableProperties;

  constructor(options: {
    path: string;
    clock: Clock;
    usage: Usage;
    router: Router;
    /** Read anew each time: an update of the entity takes effect at once. */
    properties: () => ReceivableProperties;
  }) {
    const { clock, usage, properties } = options;
    this.path = options.path;
    this.#router = options.router;
    this.#properties = properties;
    this.main = new Mailbox(clock, this.#mainOwner(), usage);
    this.deadLetters = new Mailbox(clock, this.#deadLetterOwner(), usage);
    this.transferDeadLetters = new Mailbox(clock, this.#deadLetterOwner(), usage);
  }

  get mailboxes(): readonly Mailbox[] {
    return [this.main, this.deadLetters, this.transferDeadLetters];
  }

  nextSequence(): number {
    return ++this.#sequence;
  }

  /** Takes a message in, or on to where the entity forwards. */
  accept(arrival: Arrival): void {
    const { forwardTo, defaultTtlMs, requiresSession } = this.#properties();
    const timeToLiveMs = Math.min(arrival.timeToLiveMs, defaultTtlMs);
    if (forwardTo !== undefined) {
      this.#forward(forwardTo, {
        ...arrival,
        timeToLiveMs,
        enqueuedSequence: arrival.enqueuedSequence ?? this.nextSequence(),
      });
    } else if (requiresSession && arrival.content.sessionId === undefined) {
      const content = withCause(arrival, deadLetterCauses.noSession);
      this.#bury({ ...arrival, content });
    } else {
      this.main.add({ ...arrival, timeToLiveMs });
    }
  }

  /** Moves a message that has left the mailbox to the dead letters. */
  deadLetter(message: StoredMessage, cause: DeadLetterCause): void {
    this.#bury({
      content: withCause(message, cause),
      hops: message.hops,
      timeToLiveMs: message.timeToLiveMs,
      enqueuedSequence: message.enqueuedSequence,
      deadLetterSource: message.deadLetterSource,
      kept: message,
    });
  }

  /** Takes in a message that failed on arrival, as a dead letter. */
  acceptDead(arrival: Arrival, cause: DeadLetterCause): void {
    this.#bury({ ...arrival, content: withCause(arrival, cause) });
  }

  /** Sends on what waits, after the entity was told to forward. */
  forwardBacklog(): void {
    const target = this.#properties().forwardTo;
    if (target === undefined) return;
    for (const message of this.main.drain()) {
      this.#forward(target, { ...message, enqueuedSequence: message.enqueuedSequence ?? message.sequence });
    }
  }

  #bury(arrival: Arrival): void {
    const target = this.#properties().forwardDeadLetteredTo;
    if (target === undefined) {
      this.deadLetters.add(arrival);
      return;
    }
    this.#forward(target, {
      content: arrival.content,
      hops: arrival.hops,
      timeToLiveMs: arrival.timeToLiveMs,
      enqueuedSequence: arrival.enqueuedSequence ?? arrival.kept?.sequence,
      deadLetterSource: this.path,
    });
  }

  #forward(target: string, arrival: Arrival): void {
    try {
      this.#router.forward(target, {
        content: arrival.content,
        hops: arrival.hops + 1,
        timeToLiveMs: arrival.timeToLiveMs,
        enqueuedSequence: arrival.enqueuedSequence,
        deadLetterSource: arrival.deadLetterSource,
      });
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      const content = withCause(arrival, {
        reason: error.reason ?? error.condition,
        description: error.message,
      });
      this.transferDeadLetters.add({ ...arrival, content, kept: undefined });
    }
  }

  #mainOwner(): MailboxOwner {
    return {
      sessionful: this.#properties().requiresSession,
      expires: true,
      countsDeliveries: true,
      lockDurationMs: () => this.#properties().lockDurationMs,
      maxDeliveryCount: () => this.#properties().maxDeliveryCount,
      nextSequence: () => this.nextSequence(),
      expired: (message) => {
        if (this.#properties().deadLetterOnExpiration) this.deadLetter(message, deadLetterCauses.expired);
      },
      deliveredTooOften: (message) =>
        this.deadLetter(message, {
          reason: "MaxDeliveryCountExceeded",
          description: `Message could not be consumed after ${message.deliveryCount} delivery attempts.`,
        }),
      due: (message) =>
        this.accept({
          content: message.content,
          hops: message.hops,
          timeToLiveMs: message.timeToLiveMs,
          enqueuedSequence: message.sequence,
        }),
    };
  }

  /** Dead letters do not expire, are never too often delivered, and know no sessions. */
  #deadLetterOwner(): MailboxOwner {
    return {
      sessionful: false,
      expires: false,
      countsDeliveries: false,
      lockDurationMs: () => this.#properties().lockDurationMs,
      maxDeliveryCount: () => Infinity,
      nextSequence: () => this.nextSequence(),
      expired: () => {},
      deliveredTooOften: () => {},
      due: () => {},
    };
  }
}

function withCause(message: Pick<Arrival, "content">, cause: DeadLetterCause): Arrival["content"] {
  const { reason, description } = cause;
  return message.content.change([
    ...(reason === undefined ? [] : [{ scope: "user" as const, name: "DeadLetterReason", value: reason }]),
    ...(description === undefined
      ? []
      : [{ scope: "user" as const, name: "DeadLetterErrorDescription", value: description }]),
  ]);
}
