import { BrokerError } from "../broker-error.ts";
import {
  maxForwardHops,
  maxIdLength,
  maxMessageBytes,
  maxPropertiesBytes,
  maxPropertyBytes,
} from "../limits.ts";
import type { EntityStatus } from "../model.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Arrival, Content } from "./message.ts";

/** Where messages can be sent: a queue or a topic. */
export interface Destination {
  readonly path: string;
  /** The mailbox that holds what was scheduled here. */
  readonly scheduled: Mailbox;
  /** Throws when nothing may be sent here now. */
  assertSendable(): void;
  /** Takes messages in, all of them or none; those with a time to come are kept back until then. */
  publish(contents: readonly Content[]): void;
  /** Takes messages in to be active at their time, at once when that is past. Answers with the numbers to cancel them by. */
  schedule(contents: readonly Content[]): number[];
  /** Takes in a message that another entity forwards. */
  acceptForwarded(arrival: Arrival): void;
}

/** What a destination holds a message against. */
export interface Admission {
  readonly path: string;
  readonly status: EntityStatus;
  readonly requiresSession: boolean;
  readonly maxSizeBytes: number;
  readonly usedBytes: number;
}

/** A message as its sender hands it in. */
export function arrivalOf(content: Content): Arrival {
  return { content, hops: 0, timeToLiveMs: content.timeToLiveMs };
}

export function assertSendable({ path, status }: Pick<Admission, "path" | "status">): void {
  if (status !== "Disabled" && status !== "SendDisabled") return;
  throw new BrokerError(
    "com.microsoft:entity-disabled",
    `The messaging entity '${path}' is disabled for sending.`,
    {
      reason: "MessagingEntityDisabled",
    },
  );
}

/** Throws unless the destination takes all of the messages. */
export function assertAdmitted(admission: Admission, contents: readonly Content[]): void {
  assertSendable(admission);
  let bytes = 0;
  for (const content of contents) {
    assertWithinLimits(content);
    assertSessionFits(admission, content);
    bytes += content.sizeBytes;
  }
  if (admission.usedBytes + bytes > admission.maxSizeBytes) {
    throw new BrokerError(
      "amqp:resource-limit-exceeded",
      `The maximum entity size has been reached or exceeded for '${admission.path}'. Size of entity in bytes: ` +
        `${admission.usedBytes}, max entity size in bytes: ${admission.maxSizeBytes}.`,
      { reason: "HeaderSizeExceeded" },
    );
  }
}

export function assertHopsLeft(arrival: Arrival): void {
  if (arrival.hops <= maxForwardHops) return;
  throw new BrokerError(
    "amqp:not-allowed",
    `The maximum number of allowed hops when forwarding between queues exceeded the limit. This value is set to ${maxForwardHops}.`,
    { reason: "MaxTransferHopCountExceeded" },
  );
}

function assertWithinLimits(content: Content): void {
  if (content.sizeBytes > maxMessageBytes) throw tooLarge("message", content.sizeBytes, maxMessageBytes);
  if (content.propertiesBytes > maxPropertiesBytes) {
    throw tooLarge("properties of the message", content.propertiesBytes, maxPropertiesBytes);
  }
  if (content.largestPropertyBytes > maxPropertyBytes) {
    throw tooLarge("largest property of the message", content.largestPropertyBytes, maxPropertyBytes);
  }
  assertIdLength("MessageId", content.messageId);
  assertIdLength("SessionId", content.sessionId);
  assertIdLength("PartitionKey", content.partitionKey);
}

function tooLarge(what: string, bytes: number, limit: number): BrokerError {
  return new BrokerError(
    "amqp:link:message-size-exceeded",
    `The ${what} (size: ${bytes} bytes) exceeds the limit (${limit} bytes).`,
  );
}

function assertIdLength(name: string, id: string | undefined): void {
  if (id === undefined || id.length <= maxIdLength) return;
  throw new BrokerError(
    "com.microsoft:argument-out-of-range",
    `The property '${name}' has ${id.length} characters; the limit is ${maxIdLength}.`,
  );
}

function assertSessionFits({ requiresSession }: Admission, content: Content): void {
  if (requiresSession && content.sessionId === undefined) {
    throw new BrokerError(
      "amqp:not-allowed",
      "The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled " +
        "can only receive messages that have the SessionId set to a valid value.",
      { reason: "Session ID is null" },
    );
  }
  const { sessionId, partitionKey } = content;
  if (sessionId !== undefined && partitionKey !== undefined && sessionId !== partitionKey) {
    throw new BrokerError(
      "amqp:not-allowed",
      "The PartitionKey of a message must equal its SessionId when both are set.",
    );
  }
}
