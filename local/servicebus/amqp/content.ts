import { randomUUID } from "node:crypto";
import type { PropertyChange, PropertyValue } from "../model.ts";
import type { Content } from "../store/message.ts";
import { decode, malformed, split } from "./decode.ts";
import { encodeNull, encodeProperty, encodeString, encodeSymbol } from "./encode.ts";
import { cutSections } from "./sections.ts";
import { bare, isProperty, type Value } from "./value.ts";

/** Places of the fields in the AMQP properties section, by the names that SQL has for them in lower case. */
const propertyPlaces: Readonly<Record<string, number>> = {
  messageid: 0,
  to: 2,
  label: 3,
  subject: 3,
  replyto: 4,
  correlationid: 5,
  contenttype: 6,
  sessionid: 10,
  replytosessionid: 12,
};
const contentTypePlace = 6;
const propertyCount = 13;

export const partitionKeyAnnotation = "x-opt-partition-key";
export const scheduledAnnotation = "x-opt-scheduled-enqueue-time";

/** Annotations that are the broker's to write: what a sender put there (often by resending a received message) is dropped. */
const brokerAnnotations = new Set([
  "x-opt-sequence-number",
  "x-opt-enqueued-time",
  "x-opt-enqueue-sequence-number",
  "x-opt-locked-until",
  "x-opt-lock-token",
  "x-opt-message-state",
  "x-opt-deadletter-source",
]);

const maxUint = 2 ** 32 - 1;

interface Header {
  readonly durable: Buffer;
  readonly priority: Buffer;
  /** Told as the sender wrote it, like the two before; it means nothing here. */
  readonly firstAcquirer: Buffer;
  readonly timeToLiveMs: number;
}

interface Parts {
  readonly header: Header;
  /** Encoded values by name. The broker hands both kinds on to the receiver, as Azure does. */
  readonly deliveryAnnotations: ReadonlyMap<string, Buffer>;
  readonly annotations: ReadonlyMap<string, Buffer>;
  /** The fields of the properties section, encoded. */
  readonly properties: readonly Buffer[];
  /** Encoded values of the application properties by name. */
  readonly application: () => ReadonlyMap<string, Buffer>;
  readonly body: Buffer;
  /** Encoded values by name. */
  readonly footer: ReadonlyMap<string, Buffer>;
  readonly sizeBytes: number;
}

/** The content of a message as it came over AMQP: what nobody changes stays in the bytes the sender wrote. */
export class AmqpContent implements Content {
  readonly messageId: string;
  readonly sessionId: string | undefined;
  readonly partitionKey: string | undefined;
  readonly timeToLiveMs: number;
  readonly scheduledFor: number | undefined;
  readonly sizeBytes: number;
  readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
    this.sizeBytes = parts.sizeBytes;
    this.messageId = idText(this.#property(0)) ?? "";
    this.sessionId = idText(this.#property(10));
    this.partitionKey = keyText(decodeOptional(parts.annotations.get(partitionKeyAnnotation)));
    this.timeToLiveMs = parts.header.timeToLiveMs;
    const scheduled = decodeOptional(parts.annotations.get(scheduledAnnotation));
    this.scheduledFor = scheduled instanceof Date ? scheduled.getTime() : undefined;
  }

  /** Reads one encoded message. The bytes are copied: a slice would keep a whole socket buffer alive. */
  static read(encoded: Buffer): AmqpContent {
    const sections = cutSections(Buffer.from(encoded));
    const properties = readProperties(sections.properties);
    while (properties.length < propertyCount) properties.push(encodeNull());
    // Clients need one to settle and to renew; a sender may leave it out.
    if (properties[0]?.[0] === 0x40) properties[0] = encodeString(randomUUID().replaceAll("-", ""));
    const application = sections.applicationProperties;
    return new AmqpContent({
      header: readHeader(sections.header),
      deliveryAnnotations: readAnnotations(sections.deliveryAnnotations),
      annotations: readAnnotations(sections.messageAnnotations),
      properties,
      application: once(() => readMap(application)),
      body: sections.body,
      footer: readMap(sections.footer),
      sizeBytes: encoded.length,
    });
  }

  get propertiesBytes(): number {
    return this.sizeBytes - this.parts.body.length;
  }

  get largestPropertyBytes(): number {
    let largest = 0;
    for (const value of this.parts.application().values()) largest = Math.max(largest, value.length);
    return largest;
  }

  system(name: string): PropertyValue {
    const lower = name.toLowerCase();
    const place = propertyPlaces[lower];
    if (place !== undefined) return asProperty(this.#property(place)) ?? null;
    switch (lower) {
      case "partitionkey":
        return this.partitionKey ?? null;
      case "scheduledenqueuetimeutc":
        return this.scheduledFor === undefined ? null : new Date(this.scheduledFor);
      case "timetolive":
        return this.timeToLiveMs === Infinity ? null : BigInt(this.timeToLiveMs);
      case "size":
        return BigInt(this.sizeBytes);
      default:
        return null;
    }
  }

  user(name: string): PropertyValue | undefined {
    const application = this.parts.application();
    let raw = application.get(name);
    if (raw === undefined) {
      const lower = name.toLowerCase();
      for (const [key, value] of application) if (key.toLowerCase() === lower) raw = value;
    }
    return raw === undefined ? undefined : asProperty(bare(decode(raw)));
  }

  change(changes: readonly PropertyChange[]): AmqpContent {
    const draft = {
      ...this.parts,
      properties: [...this.parts.properties],
      annotations: new Map(this.parts.annotations),
    };
    const application = new Map(this.parts.application());
    for (const change of changes) {
      const encoded = change.value === undefined ? undefined : encodeProperty(change.value);
      if (change.scope === "user") setIgnoringCase(application, change.name, encoded);
      else changeSystem(draft, change);
    }
    return this.#with({ ...draft, application: () => application });
  }

  /** The same message with application properties set to values that are encoded already, so that their types stay. */
  withApplicationProperties(values: ReadonlyMap<string, Buffer>): AmqpContent {
    const application = new Map([...this.parts.application(), ...values]);
    return this.#with({ ...this.parts, application: () => application });
  }

  #with(parts: Omit<Parts, "sizeBytes">): AmqpContent {
    let sizeBytes = parts.body.length;
    for (const property of parts.properties) sizeBytes += property.length;
    for (const map of [parts.deliveryAnnotations, parts.annotations, parts.application(), parts.footer]) {
      for (const [name, value] of map) sizeBytes += name.length + value.length;
    }
    return new AmqpContent({ ...parts, sizeBytes });
  }

  #property(place: number): Value | undefined {
    return decodeOptional(this.parts.properties[place]);
  }
}

interface Draft {
  header: Header;
  properties: Buffer[];
  annotations: Map<string, Buffer>;
}

function changeSystem(draft: Draft, { name, value }: PropertyChange): void {
  const lower = name.toLowerCase();
  const place = propertyPlaces[lower];
  if (place !== undefined) {
    const text = value === undefined || value === null ? undefined : idText(value);
    const write = place === contentTypePlace ? encodeSymbol : encodeString;
    draft.properties[place] = text === undefined ? encodeNull() : write(text);
  } else if (lower === "timetolive") {
    const ms = value === undefined || value === null ? Infinity : Number(value);
    draft.header = { ...draft.header, timeToLiveMs: ms };
  } else if (lower === "partitionkey" || lower === "scheduledenqueuetimeutc") {
    const annotation = lower === "partitionkey" ? partitionKeyAnnotation : scheduledAnnotation;
    if (value === undefined || value === null) draft.annotations.delete(annotation);
    else draft.annotations.set(annotation, encodeProperty(value));
  }
}

/** The fields of the properties section; all of them are single values. */
function readProperties(section: Buffer | undefined): Buffer[] {
  const fields = readList(section);
  if (fields.some(isCompound)) throw malformed("a message property is a list, a map or an array");
  return fields;
}

function isCompound([code = 0]: Buffer): boolean {
  return code === 0x00 || code === 0x45 || code >= 0xc0;
}

function readHeader(section: Buffer | undefined): Header {
  const [durable, priority, ttl, firstAcquirer] = readList(section);
  const ms = decodeOptional(ttl);
  return {
    durable: durable ?? encodeNull(),
    priority: priority ?? encodeNull(),
    firstAcquirer: firstAcquirer ?? encodeNull(),
    // The largest uint is how clients say "no limit of mine".
    timeToLiveMs: typeof ms === "bigint" && ms < maxUint ? Number(ms) : Infinity,
  };
}

function readAnnotations(section: Buffer | undefined): ReadonlyMap<string, Buffer> {
  const annotations = readMap(section);
  for (const name of brokerAnnotations) annotations.delete(name);
  return annotations;
}

/** The elements of a list, encoded; none if it is missing or null. */
export function readList(section: Buffer | undefined): Buffer[] {
  return section === undefined || section[0] === 0x40 ? [] : split(section);
}

/** Encoded values by name. */
export function readMap(section: Buffer | undefined): Map<string, Buffer> {
  const map = new Map<string, Buffer>();
  if (section === undefined || section[0] === 0x40) return map;
  const items = split(section);
  for (let index = 0; index + 1 < items.length; index += 2) {
    const [key, value] = [items[index], items[index + 1]];
    if (key === undefined || value === undefined) continue;
    const name = decode(key);
    if (typeof name !== "string") throw malformed("a property has a name that is not text");
    map.set(name, value);
  }
  return map;
}

function decodeOptional(encoded: Buffer | undefined): Value | undefined {
  return encoded === undefined || encoded[0] === 0x40 ? undefined : decode(encoded);
}

/** A partition key as text: who sends a message on that it received may write it as bytes. */
function keyText(value: Value | undefined): string | undefined {
  return value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : idText(value);
}

/** An id as text: senders may also use numbers, UUIDs and bytes. */
function idText(value: Value | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "object" && "uuid" in value) return value.uuid;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return typeof value === "bigint" || typeof value === "number" ? String(value) : undefined;
}

function asProperty(value: Value | undefined): PropertyValue | undefined {
  return value !== undefined && isProperty(value) ? value : undefined;
}

function setIgnoringCase(map: Map<string, Buffer>, name: string, value: Buffer | undefined): void {
  const lower = name.toLowerCase();
  for (const key of map.keys()) if (key !== name && key.toLowerCase() === lower) map.delete(key);
  if (value === undefined) map.delete(name);
  else map.set(name, value);
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
