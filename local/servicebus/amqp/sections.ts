import { decode, malformed, skip } from "./decode.ts";
import { soundEnd } from "./sound.ts";

/** A message cut into its sections; nothing in them is decoded. */
export interface Sections {
  header?: Buffer;
  deliveryAnnotations?: Buffer;
  messageAnnotations?: Buffer;
  properties?: Buffer;
  applicationProperties?: Buffer;
  footer?: Buffer;
  /** The body sections with their descriptors, as they stood. */
  body: Buffer;
  /** The values of the data sections. */
  data: Buffer[];
  /** The value of an amqp-value section. */
  value?: Buffer;
}

export const sectionCodes = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const;

const codesByName = new Map<string, number>([
  ["amqp:header:list", sectionCodes.header],
  ["amqp:delivery-annotations:map", sectionCodes.deliveryAnnotations],
  ["amqp:message-annotations:map", sectionCodes.messageAnnotations],
  ["amqp:properties:list", sectionCodes.properties],
  ["amqp:application-properties:map", sectionCodes.applicationProperties],
  ["amqp:data:binary", sectionCodes.data],
  ["amqp:amqp-sequence:list", sectionCodes.sequence],
  ["amqp:value:*", sectionCodes.value],
  ["amqp:footer:map", sectionCodes.footer],
]);

const nullType = 0x40;
const lists = new Set([nullType, 0x45, 0xc0, 0xd0]);
const maps = new Set([nullType, 0xc1, 0xd1]);
const binaries = new Set([0xa0, 0xb0]);
/** The types that the value of a section may have; one that is not named here may have any. */
const typesOf: Readonly<Record<number, ReadonlySet<number>>> = {
  [sectionCodes.header]: lists,
  [sectionCodes.deliveryAnnotations]: maps,
  [sectionCodes.messageAnnotations]: maps,
  [sectionCodes.properties]: lists,
  [sectionCodes.applicationProperties]: maps,
  [sectionCodes.data]: binaries,
  [sectionCodes.sequence]: lists,
  [sectionCodes.footer]: maps,
};
/** Sections that a message may have more than once. */
const repeatable = new Set<number>([sectionCodes.data, sectionCodes.sequence]);

/**
 * Cuts an encoded message into sections. Throws amqp:decode-error when it is not one, sound to its last byte: whoever is to receive
 * it later could choke on it. Libraries write the sections in any order, so that is not held against them.
 */
export function cutSections(message: Buffer): Sections {
  const sections: Sections = { body: message.subarray(0, 0), data: [] };
  const seen = new Set<number>();
  let bodyStart = -1;
  let bodyEnd = -1;
  for (let offset = 0; offset < message.length;) {
    if (message[offset] !== 0x00) throw malformed("a message section has no descriptor");
    const end = soundEnd(message, offset);
    const valueStart = skip(message, offset + 1);
    const code = sectionCode(message.subarray(offset + 1, valueStart));
    const value = message.subarray(valueStart, end);
    assertType(code, value);
    if (seen.has(code) && !repeatable.has(code)) throw malformed("a message has a section twice");
    seen.add(code);
    if (code >= sectionCodes.data && code <= sectionCodes.value) {
      if (bodyStart >= 0 && bodyEnd !== offset) throw malformed("the body of a message is in pieces");
      if (bodyStart < 0) bodyStart = offset;
      bodyEnd = end;
    }
    place(sections, code, value);
    offset = end;
  }
  if (bodyStart >= 0) sections.body = message.subarray(bodyStart, bodyEnd);
  return sections;
}

function assertType(code: number, value: Buffer): void {
  const types = typesOf[code];
  if (types === undefined || types.has(value[0] ?? 0)) return;
  throw malformed(`section 0x${code.toString(16)} of a message has a value of the wrong type`);
}

function place(sections: Sections, code: number, value: Buffer): void {
  switch (code) {
    case sectionCodes.header:
      sections.header = value;
      break;
    case sectionCodes.deliveryAnnotations:
      sections.deliveryAnnotations = value;
      break;
    case sectionCodes.messageAnnotations:
      sections.messageAnnotations = value;
      break;
    case sectionCodes.properties:
      sections.properties = value;
      break;
    case sectionCodes.applicationProperties:
      sections.applicationProperties = value;
      break;
    case sectionCodes.footer:
      sections.footer = value;
      break;
    case sectionCodes.data:
      sections.data.push(value);
      break;
    case sectionCodes.value:
      sections.value = value;
      break;
    default:
      // A sequence goes on as part of the raw body.
      break;
  }
}

function sectionCode(descriptor: Buffer): number {
  // The short form first: it is what everybody sends.
  if (
    descriptor[0] === 0x53 &&
    descriptor[1] !== undefined &&
    descriptor[1] >= 0x70 &&
    descriptor[1] <= 0x78
  ) {
    return descriptor[1];
  }
  const value = decode(descriptor);
  const code = typeof value === "string" ? codesByName.get(value) : Number(value);
  if (code === undefined || !(code >= sectionCodes.header && code <= sectionCodes.footer)) {
    throw malformed("a message section has an unknown descriptor");
  }
  return code;
}
