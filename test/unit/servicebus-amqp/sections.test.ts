import { describe, expect, test } from "vitest";
import { cutSections } from "../../../local/servicebus/amqp/sections.ts";
import { AmqpContent } from "../../../local/servicebus/amqp/content.ts";
import { hex } from "../../support/raw-frames.ts";

const header = "00 53 70 45";
const annotations = "00 53 72 c1 01 00";
const properties = "00 53 73 c0 04 01 a1 01 69";
const application = "00 53 74 c1 05 02 a1 01 61 41";
const data = "00 53 75 a0 02 0102";
const value = "00 53 77 a1 02 6869";
const footer = "00 53 78 c1 01 00";

const message = (...sections: string[]): Buffer => hex(sections.join(""));

describe("a message", () => {
  test("is cut into its sections, the body as it stood", () => {
    const cut = cutSections(message(header, annotations, properties, application, data, data, footer));
    expect(cut.body).toEqual(message(data, data));
    expect(cut.data).toEqual([hex("a0 02 0102"), hex("a0 02 0102")]);
    expect(cut.applicationProperties).toEqual(hex("c1 05 02 a1 01 61 41"));
  });

  test("may have its sections in any order, as some libraries write them", () => {
    const cut = cutSections(message(footer, value, properties, header));
    expect(cut.body).toEqual(message(value));
    expect(AmqpContent.read(message(footer, value, properties, header)).messageId).toBe("i");
  });

  test("may say the types of its sections in full", () => {
    const name = Buffer.from("amqp:data:binary").toString("hex");
    expect(cutSections(message(`00 a3 10 ${name} a0 01 07`)).data).toEqual([hex("a0 01 07")]);
  });

  test("may have nulls for what it does not say", () => {
    expect(AmqpContent.read(message("00 53 70 40", "00 53 72 40", "00 53 73 40", data)).sizeBytes).toBe(19);
  });

  const malformed: [string, Buffer][] = [
    ["without descriptors", hex("a1 02 6869")],
    ["with an unknown section", message("00 53 99 45")],
    ["with a header that is text", message("00 53 70 a1 00", data)],
    ["with properties that are a map", message("00 53 73 c1 01 00", data)],
    ["with application properties that are a list", message("00 53 74 45", data)],
    ["with data that is text", message("00 53 75 a1 02 6869")],
    ["with a section twice", message(properties, properties, data)],
    ["with two values", message(value, value)],
    ["with a body in two pieces", message(data, application, data)],
    ["with a body that is cut off", message(data).subarray(0, -1)],
    ["with a body that nobody could read", message("00 53 77 c0 03 05 41 42")],
    ["with properties that hold a list", message("00 53 73 c0 02 01 45", data)],
    ["with a property name that is a number", message("00 53 74 c1 04 02 50 01 41", data)],
  ];
  test.each(malformed)("is refused: one %s", (_, bytes) => {
    expect(() => AmqpContent.read(bytes).largestPropertyBytes).toThrow(/malformed/);
  });
});
