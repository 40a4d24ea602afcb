import { BrokerError } from "../broker-error.ts";
import type { Value } from "./value.ts";

// rhea decodes too, but loses what matters here: int becomes uint, a long beyond 2^53 a Buffer, a symbol a string, a UUID a
// Buffer. The broker must compare 64-bit integers exactly and hand properties on byte for byte.

/** Deeper nesting is refused before the stack ends. */
export const maxDepth = 64;

/** The last moment that a Date can hold. */
const furthestDateMs = 8.64e15;

/** Decodes the one value in the buffer. */
export function decode(buffer: Buffer): Value {
  return decodeAt(buffer, 0, 0).value;
}

/** Where the value that begins at `offset` ends. */
export function skip(buffer: Buffer, offset: number): number {
  let at = offset;
  let depth = 0;
  while (byteAt(buffer, at) === 0x00) {
    if (++depth > maxDepth) throw malformed("descriptors are nested too deeply");
    at = skip(buffer, at + 1);
  }
  return payloadEnd(buffer, at);
}

/** The elements of a list, or the keys and values of a map in turn, still encoded. */
export function split(buffer: Buffer): Buffer[] {
  const code = byteAt(buffer, 0);
  if (code === 0x45) return [];
  const wide = code === 0xd0 || code === 0xd1;
  if (!wide && code !== 0xc0 && code !== 0xc1)
    throw malformed(`expected a list or a map, found type 0x${code.toString(16)}`);
  const count = wide ? uintAt(buffer, 5, buffer.length) : byteAt(buffer, 2);
  const items: Buffer[] = [];
  let offset = wide ? 9 : 3;
  for (let index = 0; index < count; index++) {
    const end = skip(buffer, offset);
    items.push(buffer.subarray(offset, end));
    offset = end;
  }
  return items;
}

export function malformed(text: string): BrokerError {
  return new BrokerError("amqp:decode-error", `The AMQP data is malformed: ${text}.`);
}

interface Decoded {
  readonly value: Value;
  readonly end: number;
}

function decodeAt(buffer: Buffer, offset: number, depth: number): Decoded {
  if (depth > maxDepth) throw malformed("values are nested too deeply");
  const code = byteAt(buffer, offset);
  if (code === 0x00) {
    const descriptor = decodeAt(buffer, offset + 1, depth + 1);
    const { value, end } = decodeAt(buffer, descriptor.end, depth + 1);
    return { value: { descriptor: descriptor.value, value }, end };
  }
  const end = payloadEnd(buffer, offset);
  return { value: decodePayload(code, buffer, offset + 1, end, depth), end };
}

/** Where the value whose type code stands at `offset` ends. */
function payloadEnd(buffer: Buffer, offset: number): number {
  const code = byteAt(buffer, offset);
  const end = offset + 1 + payloadLength(buffer, offset + 1, code);
  if (end > buffer.length) throw malformed("a value is cut off");
  return end;
}

/** How many bytes a value of that type has after its type code. */
export function payloadLength(buffer: Buffer, offset: number, code: number): number {
  switch (code >>> 4) {
    case 0x4:
      return 0;
    case 0x5:
      return 1;
    case 0x6:
      return 2;
    case 0x7:
      return 4;
    case 0x8:
      return 8;
    case 0x9:
      return 16;
    case 0xa:
    case 0xc:
    case 0xe:
      return 1 + byteAt(buffer, offset);
    case 0xb:
    case 0xd:
    case 0xf:
      if (offset + 4 > buffer.length) throw malformed("a value is cut off");
      return 4 + buffer.readUInt32BE(offset);
    default:
      throw malformed(`0x${code.toString(16)} is not a type`);
  }
}

function decodePayload(code: number, buffer: Buffer, start: number, end: number, depth: number): Value {
  switch (code >>> 4) {
    case 0xa:
      return decodeBytes(code, buffer.subarray(start + 1, end));
    case 0xb:
      return decodeBytes(code, buffer.subarray(start + 4, end));
    case 0xc:
      return decodeCompound(code, buffer, { at: start + 2, end, count: byteAt(buffer, start + 1) }, depth);
    case 0xd:
      return decodeCompound(
        code,
        buffer,
        { at: start + 8, end, count: uintAt(buffer, start + 4, end) },
        depth,
      );
    case 0xe:
      return decodeArray(buffer, { at: start + 2, end, count: byteAt(buffer, start + 1) }, depth);
    case 0xf:
      return decodeArray(buffer, { at: start + 8, end, count: uintAt(buffer, start + 4, end) }, depth);
    default:
      return decodeScalar(code, buffer, start);
  }
}

function decodeScalar(code: number, buffer: Buffer, at: number): Value {
  switch (code) {
    case 0x40:
      return null;
    case 0x41:
      return true;
    case 0x42:
      return false;
    case 0x43:
    case 0x44:
      return 0n;
    case 0x45:
      return [];
    case 0x56:
      return buffer.readUInt8(at) !== 0;
    case 0x50:
    case 0x52:
    case 0x53:
      return BigInt(buffer.readUInt8(at));
    case 0x51:
    case 0x54:
    case 0x55:
      return BigInt(buffer.readInt8(at));
    case 0x60:
      return BigInt(buffer.readUInt16BE(at));
    case 0x61:
      return BigInt(buffer.readInt16BE(at));
    case 0x70:
      return BigInt(buffer.readUInt32BE(at));
    case 0x71:
      return BigInt(buffer.readInt32BE(at));
    case 0x80:
      return buffer.readBigUInt64BE(at);
    case 0x81:
      return buffer.readBigInt64BE(at);
    case 0x72:
      return buffer.readFloatBE(at);
    case 0x82:
      return buffer.readDoubleBE(at);
    case 0x73:
      return charAt(buffer, at);
    case 0x83:
      return dateAt(buffer, at);
    case 0x98:
      return { uuid: uuidText(buffer.subarray(at, at + 16)) };
    case 0x74:
    case 0x84:
    case 0x94:
      // Decimals: nothing here computes with them, so their bytes do.
      return buffer.subarray(at, at + (code === 0x74 ? 4 : code === 0x84 ? 8 : 16));
    default:
      throw malformed(`0x${code.toString(16)} is not a type`);
  }
}

function decodeBytes(code: number, bytes: Buffer): Value {
  switch (code & 0x0f) {
    case 0x00:
      return bytes;
    case 0x01:
    case 0x03:
      return bytes.toString("utf8");
    default:
      throw malformed(`0x${code.toString(16)} is not a type`);
  }
}

interface Extent {
  readonly at: number;
  readonly end: number;
  readonly count: number;
}

function decodeCompound(code: number, buffer: Buffer, extent: Extent, depth: number): Value {
  const items: Value[] = [];
  let at = extent.at;
  for (let index = 0; index < extent.count; index++) {
    if (at >= extent.end) throw malformed("a list or map has fewer elements than it says");
    const item = decodeAt(buffer, at, depth + 1);
    items.push(item.value);
    at = item.end;
  }
  if ((code & 0x0f) === 0) return items;
  const map = new Map<string, Value>();
  for (let index = 0; index + 1 < items.length; index += 2)
    map.set(keyText(items[index]), items[index + 1] ?? null);
  return map;
}

function decodeArray(buffer: Buffer, extent: Extent, depth: number): Value {
  let at = extent.at;
  if (byteAt(buffer, at) === 0x00) at = skip(buffer, at + 1);
  const code = byteAt(buffer, at);
  at++;
  const items: Value[] = [];
  for (let index = 0; index < extent.count; index++) {
    const end = at + payloadLength(buffer, at, code);
    if (end > extent.end) throw malformed("an array is cut off");
    items.push(decodePayload(code, buffer, at, end, depth + 1));
    at = end;
  }
  return items;
}

/** A timestamp may lie further away than a Date can; then it is the furthest one. */
function dateAt(buffer: Buffer, at: number): Date {
  const ms = Number(buffer.readBigInt64BE(at));
  return new Date(Math.max(-furthestDateMs, Math.min(ms, furthestDateMs)));
}

function charAt(buffer: Buffer, at: number): string {
  const point = buffer.readUInt32BE(at);
  if (point > 0x10_ff_ff) throw malformed("a char is not a code point");
  return String.fromCodePoint(point);
}

export function uuidText(bytes: Buffer): string {
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function keyText(key: Value | undefined): string {
  if (typeof key === "string") return key;
  return typeof key === "bigint" || typeof key === "number" || typeof key === "boolean" ? String(key) : "";
}

export function byteAt(buffer: Buffer, offset: number): number {
  const byte = buffer[offset];
  if (byte === undefined) throw malformed("a value is cut off");
  return byte;
}

function uintAt(buffer: Buffer, offset: number, end: number): number {
  if (offset + 4 > end) throw malformed("a value is cut off");
  return buffer.readUInt32BE(offset);
}
