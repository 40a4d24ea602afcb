import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { TypedData } from "../core/typed-data.ts";

/** A message whose body cannot become what the function asks for. The message is abandoned, as in Azure. */
export class BodyError extends Error {
  override readonly name = "BodyError";
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The body of a message as text. Data must be UTF-8; an AMQP value must be a text; a sequence cannot be bound. */
export function textBody(message: ServiceBusReceivedMessage): string {
  switch (message._rawAmqpMessage.bodyType) {
    case "sequence":
      throw new BodyError("A sequence body message cannot be bound to a string.");
    case "value":
      if (typeof message.body === "string") return message.body;
      throw new BodyError(
        `A message with a value type of ${typeof message.body} cannot be bound to a string.`,
      );
    default:
      return decode(dataOf(message));
  }
}

/** The body of a message as bytes. AMQP values and sequences have none. */
export function binaryBody(message: ServiceBusReceivedMessage): Uint8Array {
  const { bodyType } = message._rawAmqpMessage;
  if (bodyType === "sequence" || bodyType === "value") {
    throw new BodyError(`A message with an AMQP ${bodyType} body cannot be bound to bytes.`);
  }
  return dataOf(message);
}

/** What a call with one message gets. */
export function bodyOfOne(message: ServiceBusReceivedMessage, binary: boolean): TypedData {
  return binary ? { bytes: binaryBody(message) } : { string: textBody(message) };
}

/** What a call with many messages gets. Empty texts are left out, as the real host does, so members may not line up. */
export function bodyOfMany(messages: readonly ServiceBusReceivedMessage[], binary: boolean): TypedData {
  return binary
    ? { collectionBytes: { bytes: messages.map(binaryBody) } }
    : { collectionString: { string: messages.map(textBody).filter((text) => text !== "") } };
}

function dataOf(message: ServiceBusReceivedMessage): Uint8Array {
  const { body } = message;
  if (body === undefined || body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  throw new BodyError(`A data body arrived as ${typeof body}.`);
}

function decode(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    throw new BodyError(
      "The body of the message is not UTF-8 text. Use dataType 'binary' to take it as bytes.",
      {
        cause: error,
      },
    );
  }
}
