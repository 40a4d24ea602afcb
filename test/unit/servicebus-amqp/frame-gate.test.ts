import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { FrameGate } from "../../../local/servicebus/amqp/frame-gate.ts";
import { maxFrameBytes } from "../../../local/servicebus/limits.ts";
import {
  amqpHeader,
  frame,
  hex,
  opened,
  performative,
  saslHeader,
  text,
  uint,
} from "../../support/raw-frames.ts";

/** A gate, what came through it, and what it found wrong. */
function gateway() {
  const through: Buffer[] = [];
  const faults: string[] = [];
  const gate = new FrameGate({
    pass: (bytes) => through.push(Buffer.from(bytes)),
    violated: ({ message }) => faults.push(message),
  });
  return { gate, through, faults };
}

const open = frame(performative(0x10, text("client")));
const begin = frame(performative(0x11, hex("40"), uint(0), uint(1), uint(1)));
const end = frame(performative(0x17));

describe("a gate for frames", () => {
  test("passes on what is whole, and keeps the rest until it is", () => {
    const { gate, through } = gateway();
    gate.take(Buffer.concat([amqpHeader, open.subarray(0, 3)]));
    gate.take(open.subarray(3, 10));
    expect(through).toEqual([amqpHeader]);
    gate.take(Buffer.concat([open.subarray(10), begin]));
    expect(through).toEqual([amqpHeader, Buffer.concat([open, begin])]);
  });

  test("passes on the same whether bytes come one by one or all together", async () => {
    const spoken = Buffer.concat([opened(), end]);
    for (const step of [1, 2, 3, 7, 64, spoken.length]) {
      const { gate, through, faults } = gateway();
      for (let at = 0; at < spoken.length; at += step) gate.take(spoken.subarray(at, at + step));
      await setImmediate();
      expect(Buffer.concat(through)).toEqual(spoken);
      expect(faults).toEqual([]);
    }
  });

  test("rests before a header that comes together with what is before it", async () => {
    const { gate, through } = gateway();
    const sasl = Buffer.concat([saslHeader, frame(performative(0x41, text("ANONYMOUS")), 1)]);
    gate.take(Buffer.concat([sasl, amqpHeader, open]));
    expect(through).toEqual([sasl]);
    gate.take(begin);
    expect(through).toEqual([sasl]);
    await setImmediate();
    expect(through).toEqual([sasl, Buffer.concat([amqpHeader, open, begin])]);
  });

  test("passes on a sign of life, which is a frame without a body", () => {
    const { gate, through } = gateway();
    const sign = frame(Buffer.alloc(0));
    for (const bytes of [amqpHeader, sign]) gate.take(bytes);
    expect(through).toEqual([amqpHeader, sign]);
  });

  test("still passes on what comes before a fault, and nothing after it", async () => {
    const { gate, through, faults } = gateway();
    gate.take(Buffer.concat([amqpHeader, open, frame(hex("ffffffff")), begin]));
    gate.take(begin);
    await setImmediate();
    expect(through).toEqual([Buffer.concat([amqpHeader, open])]);
    expect(faults).toHaveLength(1);
  });

  test("passes nothing on once it is stopped, not even what it rests with", async () => {
    const { gate, through } = gateway();
    gate.take(Buffer.concat([saslHeader, amqpHeader, open]));
    gate.stop();
    gate.take(begin);
    await setImmediate();
    expect(through).toEqual([saslHeader]);
  });
});

describe("a gate for frames says what is wrong with", () => {
  const wrong: [string, Buffer, RegExp][] = [
    ["what is no AMQP", Buffer.from("GET / HTTP/1.1"), /not AMQP/],
    ["the start of TLS", hex("16 03 01 02 00"), /not AMQP/],
    ["a frame of no bytes", Buffer.concat([amqpHeader, hex("00000000")]), /0 bytes is shorter/],
    ["a frame of seven bytes", Buffer.concat([amqpHeader, hex("00000007")]), /7 bytes is shorter/],
    ["a size beyond the limit", Buffer.concat([amqpHeader, hex("00010001")]), /one says that it has 65537/],
    ["the largest size there is", Buffer.concat([amqpHeader, hex("ffffffff")]), /at most/],
    ["a body that begins in the header", Buffer.concat([amqpHeader, hex("00000008 01 00 0000")]), /outside/],
    ["a body that begins behind the end", Buffer.concat([amqpHeader, hex("00000008 ff 00 0000")]), /outside/],
    ["an unknown type of frame", Buffer.concat([amqpHeader, hex("00000008 02 07 0000")]), /type 7/],
    ["a body that is no performative", Buffer.concat([amqpHeader, frame(hex("40"))]), /performative/],
  ];
  test.each(wrong)("%s", (_, bytes, why) => {
    const { gate, faults } = gateway();
    gate.take(bytes);
    expect(faults).toEqual([expect.stringMatching(why)]);
  });

  test("nothing in a frame of just the size that is allowed", () => {
    const { gate, faults } = gateway();
    const message = Buffer.alloc(maxFrameBytes - 8 - 40, 7);
    const transfer = performative(0x14, uint(0), uint(0), hex("a000"), uint(0));
    const padding = Buffer.alloc(40 - transfer.length, 7);
    gate.take(Buffer.concat([amqpHeader, frame(Buffer.concat([transfer, padding, message]))]));
    expect(faults).toEqual([]);
  });
});
