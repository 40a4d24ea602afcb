import type { PropertyValue } from "../model.ts";

// Functions that write one AMQP value each. Messages are put together from pieces that were never decoded, so what is needed is
// pieces, not a serializer of whole messages.

const nullByte = Buffer.from([0x40]);
const emptyList = Buffer.from([0x45]);

export function encodeNull(): Buffer {
  return nullByte;
}

export function encodeBoolean(value: boolean): Buffer {
  return Buffer.from([value ? 0x41 : 0x42]);
}

export function encodeUbyte(value: number): Buffer {
  return Buffer.from([0x50, value]);
}

export function encodeUint(value: number): Buffer {
  if (value === 0) return Buffer.from([0x43]);
  if (value < 256) return Buffer.from([0x52, value]);
  return fixed(0x70, 4, (buffer) => buffer.writeUInt32BE(value, 1));
}

export function encodeInt(value: number): Buffer {
  return fixed(0x71, 4, (buffer) => buffer.writeInt32BE(value, 1));
}

export function encodeLong(value: bigint | number): Buffer {
  return fixed(0x81, 8, (buffer) => buffer.writeBigInt64BE(BigInt(value), 1));
}

/** A long in all its eight bytes. rhea's decoder hands such a one beyond 2^53 to the client as bytes, which it relies on. */
export function encodeUlong(value: bigint | number): Buffer {
  return fixed(0x80, 8, (buffer) => buffer.writeBigUInt64BE(BigInt(value), 1));
}

export function encodeDouble(value: number): Buffer {
  return fixed(0x82, 8, (buffer) => buffer.writeDoubleBE(value, 1));
}

export function encodeTimestamp(ms: number): Buffer {
  return fixed(0x83, 8, (buffer) => buffer.writeBigInt64BE(BigInt(Math.trunc(ms)), 1));
}

export function encodeUuid(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x98]), uuidBytes(text)]);
}

export function encodeBinary(bytes: Uint8Array): Buffer {
  return variable(0xa0, bytes);
}

export function encodeString(text: string): Buffer {
  return variable(0xa1, Buffer.from(text, "utf8"));
}

export function encodeSymbol(text: string): Buffer {
  return variable(0xa3, Buffer.from(text, "utf8"));
}

export function encodeList(items: readonly Buffer[]): Buffer {
  return items.length === 0 ? emptyList : compound(0xc0, items);
}

/** A map from encoded keys and values in turn. */
export function encodeMap(items: readonly Buffer[]): Buffer {
  return compound(0xc1, items);
}

/** An array from encoded elements that all have the type code `code`. */
export function encodeArray(code: number, elements: readonly Buffer[]): Buffer {
  const payload = Buffer.concat([Buffer.from([code]), ...elements.map((element) => element.subarray(1))]);
  const head = Buffer.alloc(9);
  head.writeUInt8(0xf0, 0);
  head.writeUInt32BE(payload.length + 4, 1);
  head.writeUInt32BE(elements.length, 5);
  return Buffer.concat([head, payload]);
}

export function encodeDescribed(descriptor: number, value: Buffer): Buffer {
  const code = descriptor < 256 ? Buffer.from([0x53, descriptor]) : encodeUlong(descriptor);
  return Buffer.concat([Buffer.from([0x00]), code, value]);
}

/** A property value as a client would have written it. */
export function encodeProperty(value: PropertyValue): Buffer {
  if (value === null) return nullByte;
  switch (typeof value) {
    case "string":
      return encodeString(value);
    case "boolean":
      return encodeBoolean(value);
    case "bigint":
      return encodeLong(BigInt.asIntN(64, value));
    case "number":
      return encodeDouble(value);
    default:
      if (value instanceof Date) return encodeTimestamp(value.getTime());
      return "uuid" in value ? encodeUuid(value.uuid) : encodeBinary(value);
  }
}

export function uuidBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll("-", ""), "hex");
}

function fixed(code: number, length: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.allocUnsafe(1 + length);
  buffer[0] = code;
  write(buffer);
  return buffer;
}

function variable(code: number, bytes: Uint8Array): Buffer {
  if (bytes.length < 256) return Buffer.concat([Buffer.from([code, bytes.length]), bytes]);
  const head = Buffer.allocUnsafe(5);
  head[0] = code + 0x10;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function compound(code: number, items: readonly Buffer[]): Buffer {
  let length = 0;
  for (const item of items) length += item.length;
  if (length < 255 && items.length < 256) {
    return Buffer.concat([Buffer.from([code, length + 1, items.length]), ...items]);
  }
  const head = Buffer.allocUnsafe(9);
  head[0] = code + 0x10;
  head.writeUInt32BE(length + 4, 1);
  head.writeUInt32BE(items.length, 5);
  return Buffer.concat([head, ...items]);
}
