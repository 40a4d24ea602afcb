import type { Delivery, Receiver } from "rhea";
import type { Cancel } from "../clock.ts";
import { BrokerError } from "../broker-error.ts";
import { maxMessageBytes } from "../limits.ts";
import type { Content } from "../store/message.ts";
import { AmqpContent } from "./content.ts";
import { decode, malformed } from "./decode.ts";
import { amqpError, type OpenLink } from "./open-link.ts";
import { rawDelivery } from "./rhea-shapes.ts";
import { acceptedOutcome, rejectedOutcome } from "./rhea-values.ts";
import { cutSections } from "./sections.ts";
import type { Life } from "../store/life.ts";

/** The message format of a batch: an envelope whose data sections are encoded messages. */
const batchFormat = 0x80_01_37_00;

export interface PublisherOptions {
  readonly resource: string;
  readonly life: Life;
  /** Puts messages into the entity: all of them, or none and an error. */
  readonly publish: (contents: readonly Content[]) => void;
  readonly refused: (error: BrokerError) => void;
}

/** A link on which a client sends to a queue or a topic. */
export class PublisherLink implements OpenLink {
  readonly name: string;
  readonly resource: string;
  readonly #receiver: Receiver;
  readonly #options: PublisherOptions;
  readonly #unwatch: Cancel;

  constructor(receiver: Receiver, options: PublisherOptions) {
    this.name = receiver.name;
    this.resource = options.resource;
    this.#receiver = receiver;
    this.#options = options;
    this.#unwatch = options.life.watch((error) => this.end(error));
  }

  /** Takes one transfer in and answers it. */
  receive(delivery: Delivery, encoded: Buffer): void {
    const raw = rawDelivery(delivery);
    try {
      this.#options.publish(readMessages(encoded, delivery.format));
      this.#options.life.touch();
      raw.update(true, acceptedOutcome());
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#options.refused(error);
      // A client that sent the message settled hears nothing of it.
      raw.update(true, rejectedOutcome(amqpError(error)));
    }
  }

  end(error: BrokerError): void {
    this.#receiver.close(amqpError(error));
  }

  dispose(): void {
    this.#unwatch();
  }
}

function readMessages(encoded: Buffer, format: number): Content[] {
  if (encoded.length > maxMessageBytes) {
    throw new BrokerError(
      "amqp:link:message-size-exceeded",
      `The received message exceeds the limit (${maxMessageBytes} bytes) currently allowed on the link.`,
    );
  }
  if (format !== batchFormat) return [AmqpContent.read(encoded)];
  return cutSections(encoded).data.map((section) => {
    const message = decode(section);
    if (!(message instanceof Buffer)) throw malformed("a batch holds something that is not a message");
    return AmqpContent.read(message);
  });
}
