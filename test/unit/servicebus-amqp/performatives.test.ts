import { describe, expect, test } from "vitest";
import { assertPerformative } from "../../../local/servicebus/amqp/performatives.ts";
import { hex, list, no, nothing, performative, text, uint, yes } from "../../support/raw-frames.ts";

const noFilter = Array.from({ length: 7 }, () => nothing);

function attach(source: Buffer): Buffer {
  return performative(0x12, text("link"), uint(0), yes, nothing, nothing, source);
}

describe("a performative", () => {
  const right: [string, Buffer][] = [
    ["an open with as little as it must have", performative(0x10, text("me"))],
    ["an attach with as little as it must have", performative(0x12, text("link"), uint(0), yes)],
    ["an attach with a source", attach(performative(0x28, text("queue")))],
    ["an attach with a source of an unknown kind", attach(performative(0x30, list()))],
    ["a transfer with the message behind it", Buffer.concat([performative(0x14, uint(0)), hex("ff ff")])],
    ["an end without fields", hex("00 53 17 45")],
    [
      "a close whose type is said in full",
      Buffer.concat([hex("00 a3 0f"), Buffer.from("amqp:close:list"), hex("45")]),
    ],
    ["a detach whose type is a long number", hex("00 80 0000000000000016 c0 02 01 43")],
    ["one with more fields than are known", performative(0x17, nothing, yes, no)],
  ];
  test.each(right)("passes: %s", (_, body) => {
    expect(() => assertPerformative(body)).not.toThrow();
  });

  const wrong: [string, Buffer][] = [
    ["nothing", Buffer.alloc(0)],
    ["a list without a descriptor", hex("45")],
    ["an unknown performative", performative(0x55)],
    ["one of an unknown name", Buffer.concat([hex("00 a3 0a"), Buffer.from("amqp:x:lis"), hex("45")])],
    ["one whose descriptor is a list", hex("00 45 45")],
    ["one that only a broker says", performative(0x44)],
    ["one that is a map", hex("00 53 17 c1 01 00")],
    ["an open without a name", performative(0x10)],
    ["an open whose name is null", performative(0x10, nothing)],
    ["an attach whose handle is text", performative(0x12, text("link"), text("0"), yes)],
    ["an attach whose role is a number", performative(0x12, text("link"), uint(0), uint(1))],
    [
      "a flow with a credit that is a list",
      performative(0x13, nothing, uint(0), uint(0), uint(0), uint(0), uint(0), list()),
    ],
    ["a disposition without ids", performative(0x15, yes)],
    ["a transfer whose tag is text", performative(0x14, uint(0), uint(0), text("tag"))],
    ["an attach whose source is text", attach(text("queue"))],
    ["an attach whose source has an address that is a number", attach(performative(0x28, uint(7)))],
    ["an attach whose source has a filter that is a list", attach(performative(0x28, ...noFilter, list()))],
    ["one that is cut off", performative(0x12, text("link"), uint(0), yes).subarray(0, -1)],
  ];
  test.each(wrong)("is refused: %s", (_, body) => {
    expect(() => assertPerformative(body)).toThrow(/malformed/);
  });
});
