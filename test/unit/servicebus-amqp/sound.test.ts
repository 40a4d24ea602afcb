import { describe, expect, test } from "vitest";
import { soundEnd } from "../../../local/servicebus/amqp/sound.ts";
import { boastfulLists, endlessArray, hex, list, text, uint } from "../../support/raw-frames.ts";

describe("a sound value", () => {
  const sound: [string, string][] = [
    ["null", "40"],
    ["an empty list", "45"],
    ["a byte", "50 01"],
    ["a long", "81 0000000000000001"],
    ["a UUID", "98 00112233445566778899aabbccddeeff"],
    ["text", "a1 02 6869"],
    ["long text", "b1 00000002 6869"],
    ["a list", "c0 03 02 41 42"],
    ["a wide list", "d0 00000006 00000002 41 42"],
    ["a map", "c1 05 02 a1 01 61 41"],
    ["an array", "e0 04 02 50 01 02"],
    ["an empty array", "e0 02 00 50"],
    ["an array of nothings", "e0 02 ff 40"],
    ["an array of described values", "e0 07 02 00 53 24 50 01 02"],
    ["a described value", "00 53 24 45"],
    ["a described value that is described", "00 53 24 00 53 25 45"],
  ];
  test.each(sound)("is known to its last byte: %s", (_, digits) => {
    const bytes = hex(digits);
    expect(soundEnd(Buffer.concat([bytes, hex("ff")]), 0)).toBe(bytes.length);
    expect(soundEnd(Buffer.concat([hex("ff"), bytes]), 1)).toBe(bytes.length + 1);
  });

  test("may be large and deep", () => {
    let value = list(...Array.from({ length: 5_000 }, (_, index) => uint(index)));
    for (let depth = 0; depth < 50; depth++) value = list(value, text("beside"));
    expect(soundEnd(value, 0)).toBe(value.length);
  });
});

const constructor = Buffer.concat([hex("00 a3 0b"), Buffer.from("constructor"), hex("45")]);

describe("an unsound value", () => {
  const unsound: [string, Buffer, RegExp][] = [
    ["of no bytes", Buffer.alloc(0), /cut off/],
    ["of an unknown type", hex("ff 00000004 00000000"), /not a type/],
    ["of another unknown type", hex("57 00"), /not a type/],
    ["that is cut off", hex("81 00000000"), /cut off/],
    ["whose text is cut off", hex("a1 05 6869"), /cut off/],
    ["whose size is cut off", hex("b1 0000"), /cut off/],
    ["that says it has everything", hex("b0 ffffffff 00"), /cut off/],
    ["with a descriptor and nothing else", hex("00 53 24"), /cut off/],
    ["with a list smaller than its own head", hex("c0 00 00"), /cut off/],
    ["with fewer elements than it says", hex("c0 03 03 41 42"), /fewer elements/],
    ["with more elements than it says", hex("c0 03 01 41 42"), /not as long/],
    ["with an element that reaches out of its list", hex("c0 03 01 a1 04 61616161"), /not as long/],
    ["with a key without a value", hex("c1 02 01 41"), /key without a value/],
    ["with an array whose elements are cut off", hex("e0 03 05 50 01 ff ff ff ff"), /array/],
    ["with an array that is longer than its elements", hex("e0 05 01 50 01 02 03"), /not as long/],
    ["with an endless array", endlessArray, /more than 255/],
    ["with an endless array of empty lists", hex("f0 00000005 7fffffff 45"), /more than 255/],
    ["with lists that boast", boastfulLists(10), /cut off|fewer|not as long/],
    ["with lists without end", hex("c0 ff 01".repeat(100)), /nested too deeply|cut off/],
    ["with descriptors without end", hex("00 53 24".repeat(10_000)), /nested too deeply/],
    ["whose descriptor is a descriptor", hex("00".repeat(10_000)), /descriptor|not a type/],
    ["whose descriptor is a list", hex("00 45 45"), /neither a number nor the name/],
    ["whose descriptor is a name that every object has", constructor, /neither a number nor the name/],
    ["with arrays without end", hex("f0 00ffffff 00000001".repeat(10_000)), /nested too deeply|cut off/],
  ];
  test.each(unsound)("is refused: one %s", (_, bytes, why) => {
    expect(() => soundEnd(bytes, 0)).toThrow(why);
  });
});
