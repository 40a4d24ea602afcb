import { counterLimits } from "./limits.ts";
import type { CounterState, KeptAnswer, WriterTurn } from "./state.ts";

// magic 4 · epoch 4 · value 8 · turn 8 · writers 1 · keys 2 · { writer 8 · turn 8 · answers 1 · answer... } · answer...
// answer: key 16 · epoch 4 · value 8 · count 2. All numbers are big-endian.

const magic = Buffer.from("IRC1");
const headBytes = 27;
const writerBytes = 17;
const answerBytes = 30;
const keyBytes = 16;
const writerIdBytes = 8;

/** The state of a session is not one of ours, or of a version that this one does not know. */
export class UnreadableState extends Error {
  override readonly name = "UnreadableState";
}

/** The bytes that are kept. */
export function encodeState({ epoch, value, turn, writers, keys }: CounterState): Buffer {
  const answers = writers.reduce((sum, writer) => sum + writer.answers.length, keys.length);
  const bytes = Buffer.allocUnsafe(headBytes + writers.length * writerBytes + answers * answerBytes);
  magic.copy(bytes);
  bytes.writeUInt32BE(epoch, 4);
  bytes.writeBigInt64BE(value, 8);
  bytes.writeBigUInt64BE(BigInt(turn), 16);
  bytes.writeUInt8(writers.length, 24);
  bytes.writeUInt16BE(keys.length, 25);
  let at = headBytes;
  for (const writer of writers) {
    bytes.write(writer.writer, at, writerIdBytes, "latin1");
    bytes.writeBigUInt64BE(BigInt(writer.turn), at + 8);
    bytes.writeUInt8(writer.answers.length, at + 16);
    at = encodeAnswers(bytes, at + writerBytes, writer.answers);
  }
  encodeAnswers(bytes, at, keys);
  return bytes;
}

function encodeAnswers(bytes: Buffer, from: number, answers: readonly KeptAnswer[]): number {
  let at = from;
  for (const { key, epoch, value, count } of answers) {
    bytes.write(key, at, keyBytes, "latin1");
    bytes.writeUInt32BE(epoch, at + 16);
    bytes.writeBigInt64BE(value, at + 20);
    bytes.writeUInt16BE(count, at + 28);
    at += answerBytes;
  }
  return at;
}

/** Reads the bytes back. Throws UnreadableState for any that `encodeState` did not make: a counter is never begun anew over them. */
export function decodeState(bytes: Buffer): CounterState {
  if (bytes.length > counterLimits.maxStateBytes) throw new UnreadableState("the state is too long");
  if (bytes.length < headBytes || !bytes.subarray(0, 4).equals(magic))
    throw new UnreadableState("the state is not a counter's");
  try {
    return decodeBody(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw new UnreadableState("the state is cut short", { cause: error });
    throw error;
  }
}

function decodeBody(bytes: Buffer): CounterState {
  const writers: WriterTurn[] = [];
  const keyCount = bytes.readUInt16BE(25);
  let at = headBytes;
  for (let left = bytes.readUInt8(24); left > 0; left -= 1) {
    const count = bytes.readUInt8(at + 16);
    const answers = decodeAnswers(bytes, at + writerBytes, count);
    writers.push({
      writer: bytes.toString("latin1", at, at + writerIdBytes),
      turn: Number(bytes.readBigUInt64BE(at + 8)),
      answers,
    });
    at += writerBytes + count * answerBytes;
  }
  const keys = decodeAnswers(bytes, at, keyCount);
  if (at + keyCount * answerBytes !== bytes.length) throw new UnreadableState("the state has a wrong length");
  return {
    epoch: bytes.readUInt32BE(4),
    value: bytes.readBigInt64BE(8),
    turn: Number(bytes.readBigUInt64BE(16)),
    writers,
    keys,
  };
}

function decodeAnswers(bytes: Buffer, from: number, count: number): KeptAnswer[] {
  const answers: KeptAnswer[] = [];
  for (let at = from; at < from + count * answerBytes; at += answerBytes) {
    answers.push({
      key: bytes.toString("latin1", at, at + keyBytes),
      epoch: bytes.readUInt32BE(at + 16),
      value: bytes.readBigInt64BE(at + 20),
      count: bytes.readUInt16BE(at + 28),
    });
  }
  return answers;
}
