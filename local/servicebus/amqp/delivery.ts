import { maxUintMs } from "../limits.ts";
import type { MessageLock, StoredMessage } from "../store/message.ts";
import { AmqpContent } from "./content.ts";
import {
  encodeDescribed,
  encodeInt,
  encodeList,
  encodeLong,
  encodeMap,
  encodeNull,
  encodeString,
  encodeSymbol,
  encodeTimestamp,
  encodeUint,
  encodeUuid,
  uuidBytes,
} from "./encode.ts";
import { sectionCodes } from "./sections.ts";

const messageStates = { active: 0, deferred: 1, scheduled: 2, gone: 0 } as const;

const names = {
  sequence: encodeSymbol("x-opt-sequence-number"),
  enqueuedSequence: encodeSymbol("x-opt-enqueue-sequence-number"),
  enqueuedTime: encodeSymbol("x-opt-enqueued-time"),
  lockedUntil: encodeSymbol("x-opt-locked-until"),
  state: encodeSymbol("x-opt-message-state"),
  deadLetterSource: encodeSymbol("x-opt-deadletter-source"),
  /** Where a message comes in a reply it has no delivery tag: clients read its lock token here. */
  lockToken: encodeSymbol("x-opt-lock-token"),
};

/** A stored message as a client gets it: what the sender wrote, with what the broker has to say in front of it. */
export function encodeMessage(message: StoredMessage, lock: MessageLock | undefined): Buffer {
  const { content } = message;
  if (!(content instanceof AmqpContent))
    throw new TypeError("only messages that came over AMQP can be delivered over it");
  const { parts } = content;
  const sections = [encodeDescribed(sectionCodes.header, encodeHeader(message, content))];
  const delivery = encodeNames(parts.deliveryAnnotations, encodeSymbol);
  if (lock !== undefined) delivery.push(names.lockToken, encodeUuid(lock.token));
  if (delivery.length > 0)
    sections.push(encodeDescribed(sectionCodes.deliveryAnnotations, encodeMap(delivery)));
  sections.push(
    encodeDescribed(sectionCodes.messageAnnotations, encodeAnnotations(message, content, lock)),
    encodeDescribed(sectionCodes.properties, encodeList(parts.properties)),
  );
  const application = parts.application();
  if (application.size > 0)
    sections.push(
      encodeDescribed(sectionCodes.applicationProperties, encodeMap(encodeNames(application, encodeString))),
    );
  sections.push(parts.body);
  // Written anew, with symbols for names, as Azure does: some clients send text there and can read no text.
  if (parts.footer.size > 0)
    sections.push(encodeDescribed(sectionCodes.footer, encodeMap(encodeNames(parts.footer, encodeSymbol))));
  return Buffer.concat(sections);
}

/** The lock token as delivery tag: a UUID in the byte order of a .NET Guid, which is how clients read it. */
export function lockTag(token: string): Buffer {
  const bytes = uuidBytes(token);
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

function encodeHeader(message: StoredMessage, { parts }: AmqpContent): Buffer {
  const ttl =
    message.timeToLiveMs === Infinity ? encodeNull() : encodeUint(Math.min(message.timeToLiveMs, maxUintMs));
  return encodeList([
    parts.header.durable,
    parts.header.priority,
    ttl,
    parts.header.firstAcquirer,
    encodeUint(message.deliveryCount),
  ]);
}

function encodeAnnotations(
  message: StoredMessage,
  { parts }: AmqpContent,
  lock: MessageLock | undefined,
): Buffer {
  const items = [
    names.sequence,
    encodeLong(message.sequence),
    names.enqueuedTime,
    encodeTimestamp(message.enqueuedAt),
  ];
  if (message.state !== "active") items.push(names.state, encodeInt(messageStates[message.state]));
  if (lock !== undefined) items.push(names.lockedUntil, encodeTimestamp(lock.lockedUntil));
  if (message.enqueuedSequence !== undefined)
    items.push(names.enqueuedSequence, encodeLong(message.enqueuedSequence));
  if (message.deadLetterSource !== undefined)
    items.push(names.deadLetterSource, encodeString(message.deadLetterSource));
  items.push(...encodeNames(parts.annotations, encodeSymbol));
  return encodeMap(items);
}

function encodeNames(map: ReadonlyMap<string, Buffer>, encodeName: (name: string) => Buffer): Buffer[] {
  const items: Buffer[] = [];
  for (const [name, value] of map) items.push(encodeName(name), value);
  return items;
}
