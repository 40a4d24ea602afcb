import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { TypedData } from "../core/typed-data.ts";
import { addBodyProperties } from "./binding-data.ts";

type Metadata = Record<string, TypedData>;

/** Beyond this the platform shows its largest date: the SDK computes one for messages that never expire. */
const lastYear = 9999;
const endOfTime = "9999-12-31T23:59:59.9999999";

const viaPartitionKey = "x-opt-via-partition-key";

/** What the real extension tells of one message; `bodyText` is given when the body reaches the function as text. */
export function metadataOfOne(message: ServiceBusReceivedMessage, bodyText: string | undefined): Metadata {
  const metadata = new Map<string, TypedData>();
  for (const [name, fact] of facts) {
    const data = fact.one(message);
    if (data !== undefined) metadata.set(name, data);
  }
  if (bodyText !== undefined) addBodyProperties(metadata, bodyText);
  return Object.fromEntries(metadata);
}

/** The same of a batch: a list for each fact. Lists of texts lose their empty members, so they may not line up. */
export function metadataOfMany(messages: readonly ServiceBusReceivedMessage[]): Metadata {
  return Object.fromEntries(facts.map(([name, fact]) => [`${name}Array`, fact.many(messages)]));
}

interface Fact {
  one(message: ServiceBusReceivedMessage): TypedData | undefined;
  many(messages: readonly ServiceBusReceivedMessage[]): TypedData;
}

type Read<T> = (message: ServiceBusReceivedMessage) => T;

function text(read: Read<string | undefined>, readInBatch: Read<string | undefined> = read): Fact {
  return {
    one: (message) => {
      const value = read(message);
      return value === undefined ? undefined : { string: value };
    },
    many: (messages) => ({
      collectionString: {
        string: messages.flatMap((message) => {
          const value = readInBatch(message);
          return value === undefined || value === "" ? [] : [value];
        }),
      },
    }),
  };
}

function json(read: Read<unknown>): Fact {
  return {
    one: (message) => ({ json: JSON.stringify(read(message)) }),
    many: (messages) => ({ json: JSON.stringify(messages.map(read)) }),
  };
}

// Sequence numbers have 64 bits; their digits are kept, whatever the library makes of them.
const sequenceNumber: Fact = {
  one: (message) => ({ json: digits(message) }),
  many: (messages) => ({ collectionSint64: { sint64: messages.map((message) => exact(digits(message))) } }),
};

// The names and their order are the real extension's. Two of them come twice, under an older name too.
const facts: readonly (readonly [string, Fact])[] = [
  // The SDK counts earlier deliveries, the platform this one too.
  ["DeliveryCount", json((message) => (message.deliveryCount ?? 0) + 1)],
  ["DeadLetterSource", text((message) => message.deadLetterSource)],
  ["LockToken", text((message) => message.lockToken)],
  // The `Utc` spellings carry no zone: the extension hands over a time of unspecified kind.
  ["ExpiresAtUtc", json((message) => dateTime(message.expiresAtUtc))],
  ["ExpiresAt", json((message) => `${dateTime(message.expiresAtUtc)}+00:00`)],
  ["EnqueuedTimeUtc", json((message) => dateTime(message.enqueuedTimeUtc))],
  ["EnqueuedTime", json((message) => `${dateTime(message.enqueuedTimeUtc)}+00:00`)],
  ["MessageId", text((message) => idText(message.messageId))],
  ["ContentType", text((message) => message.contentType)],
  ["ReplyTo", text((message) => message.replyTo)],
  ["SequenceNumber", sequenceNumber],
  ["To", text((message) => message.to)],
  ["Subject", text((message) => message.subject)],
  ["Label", text((message) => message.subject)],
  ["CorrelationId", text((message) => idText(message.correlationId))],
  ["ApplicationProperties", json(properties)],
  ["UserProperties", json(properties)],
  ["SessionId", text((message) => message.sessionId)],
  ["ReplyToSessionId", text((message) => message.replyToSessionId)],
  ["PartitionKey", text((message) => message.partitionKey)],
  // In batches the extension repeats the partition key under this name.
  ["TransactionPartitionKey", text(transactionPartitionKey, (message) => message.partitionKey)],
];

function digits(message: ServiceBusReceivedMessage): string {
  return message.sequenceNumber?.toString() ?? "0";
}

function exact(number: string): number | string {
  return Number.isSafeInteger(Number(number)) ? Number(number) : number;
}

function idText(id: string | number | Buffer | undefined): string | undefined {
  return id === undefined || typeof id === "string" ? id : String(id);
}

function transactionPartitionKey(message: ServiceBusReceivedMessage): string | undefined {
  const value: unknown = message._rawAmqpMessage.messageAnnotations?.[viaPartitionKey];
  return typeof value === "string" ? value : undefined;
}

function properties(message: ServiceBusReceivedMessage): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message.applicationProperties ?? {}).map(([name, value]) => [name, propertyValue(value)]),
  );
}

function propertyValue(value: unknown): unknown {
  if (value instanceof Date) return `${dateTime(value)}Z`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return typeof value === "bigint" ? exact(value.toString()) : value;
}

/** A time as .NET writes it: no zone, no zeros at the end of the fraction. */
function dateTime(date: Date | undefined): string {
  if (date === undefined) return "0001-01-01T00:00:00";
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > lastYear) return endOfTime;
  return date.toISOString().replace(/\.?0*Z$/, "");
}
