import { decode, malformed, skip } from "./decode.ts";

/** A message cut into its sections; nothing in them is decoded. */
export interface Sections {
  header?: Buffer;
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

/** Cuts an encoded message into sections. Throws amqp:decode-error when it is not one. */
export function cutSections(message: Buffer): Sections {
  const sections: Sections = { body: message.subarray(0, 0), data: [] };
  let bodyStart = -1;
  let bodyEnd = -1;
  for (let offset = 0; offset < message.length;) {
    if (message[offset] !== 0x00) throw malformed("a message section has no descriptor");
    const valueStart = skip(message, offset + 1);
    const end = skip(message, valueStart);
    const code = sectionCode(message.subarray(offset + 1, valueStart));
    const value = message.subarray(valueStart, end);
    if (code >= sectionCodes.data && code <= sectionCodes.value) {
      if (bodyStart < 0) bodyStart = offset;
      bodyEnd = end;
    }
    place(sections, code, value);
    offset = end;
  }
  if (bodyStart >= 0) sections.body = message.subarray(bodyStart, bodyEnd);
  return sections;
}

function place(sections: Sections, code: number, value: Buffer): void {
  switch (code) {
    case sectionCodes.header:
      sections.header = value;
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
      // Delivery annotations end at the broker; a sequence goes on as part of the raw body.
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
