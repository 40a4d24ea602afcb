import { byteAt, malformed, maxDepth, payloadLength } from "./decode.ts";

/**
 * An array may hold that many elements that have no bytes. Such elements cost nothing on the wire: without a bound a few bytes
 * would be decoded into thousands of millions of values.
 */
const maxEmptyElements = 255;

const fixedTypes = new Set([
  0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x60, 0x61, 0x70, 0x71, 0x72,
  0x73, 0x74, 0x80, 0x81, 0x82, 0x83, 0x84, 0x94, 0x98,
]);
const numberTypes = new Set([0x43, 0x44, 0x52, 0x53, 0x70, 0x80]);
const variableTypes = new Set([0xa0, 0xa1, 0xa3, 0xb0, 0xb1, 0xb3]);
const compoundTypes = new Set([0xc0, 0xc1, 0xd0, 0xd1]);
const arrayTypes = new Set([0xe0, 0xf0]);

/**
 * Where the value that begins at `offset` ends. Throws amqp:decode-error unless everything in it is of a known type, lies
 * inside what holds it, and is there as often as it says. Whoever decodes it after that can believe its sizes and counts.
 */
export function soundEnd(buffer: Buffer, offset: number, depth = 0): number {
  const code = byteAt(buffer, offset);
  if (code !== 0x00) return payloadEnd(buffer, offset + 1, code, depth);
  if (depth > maxDepth) throw malformed("descriptors are nested too deeply");
  return soundEnd(buffer, descriptorEnd(buffer, offset + 1), depth + 1);
}

/** A descriptor is a number, or a name with its domain before it. Libraries look others up where they find what they did not put there. */
function descriptorEnd(buffer: Buffer, offset: number): number {
  const code = byteAt(buffer, offset);
  const end = payloadEnd(buffer, offset + 1, code, 0);
  const isNumber = numberTypes.has(code);
  const isName = variableTypes.has(code) && buffer.subarray(offset + 2, end).includes(":");
  if (!isNumber && !isName) throw malformed("a descriptor is neither a number nor the name of a type");
  return end;
}

function payloadEnd(buffer: Buffer, start: number, code: number, depth: number): number {
  if (depth > maxDepth) throw malformed("values are nested too deeply");
  const end = start + payloadLength(buffer, start, code);
  if (end > buffer.length) throw malformed("a value is cut off");
  if (fixedTypes.has(code) || variableTypes.has(code)) return end;
  const isCompound = compoundTypes.has(code);
  if (!isCompound && !arrayTypes.has(code)) throw malformed(`0x${code.toString(16)} is not a type`);
  const inside = { ...countAt(buffer, start, end, code), end };
  if (isCompound) checkElements(buffer, code, inside, depth);
  else checkArray(buffer, inside, depth);
  return end;
}

interface Inside {
  readonly count: number;
  /** Where the elements begin, and where what holds them ends. */
  readonly at: number;
  readonly end: number;
}

/** A compound value begins with its size and the number of its elements, of one byte each or of four. */
function countAt(buffer: Buffer, start: number, end: number, code: number): { count: number; at: number } {
  const width = (code & 0x10) === 0 ? 1 : 4;
  const at = start + 2 * width;
  if (at > end) throw malformed("a value is cut off");
  return { at, count: width === 1 ? byteAt(buffer, start + 1) : buffer.readUInt32BE(start + 4) };
}

function checkElements(buffer: Buffer, code: number, { count, at, end }: Inside, depth: number): void {
  if ((code & 0x0f) === 1 && count % 2 !== 0) throw malformed("a map has a key without a value");
  let next = at;
  for (let index = 0; index < count; index++) {
    if (next >= end) throw malformed("a list or map has fewer elements than it says");
    next = soundEnd(buffer, next, depth + 1);
  }
  if (next !== end) throw malformed("a list or map is not as long as it says");
}

function checkArray(buffer: Buffer, { count, at, end }: Inside, depth: number): void {
  let next = at;
  while (byteAt(buffer, next) === 0x00) next = descriptorEnd(buffer, next + 1);
  const code = byteAt(buffer, next++);
  if (code >>> 4 === 0x4 && count > maxEmptyElements) {
    throw malformed(`an array has more than ${maxEmptyElements} elements without bytes`);
  }
  for (let index = 0; index < count; index++) {
    if (next > end) throw malformed("an array is cut off");
    next = payloadEnd(buffer, next, code, depth + 1);
  }
  if (next !== end) throw malformed("an array is not as long as it says");
}
