import { describe, expect, it } from "vitest";
import { bodyOfMany, bodyOfOne } from "../../../local/functions/servicebus/body.ts";
import { received } from "../../support/received-message.ts";

describe("a body", () => {
  it("reaches the function as text", () => {
    expect(bodyOfOne(received({ body: Buffer.from("grüße") }), false)).toEqual({ string: "grüße" });
  });

  it("reaches the function as bytes when it asks for them", () => {
    expect(bodyOfOne(received({ body: Buffer.from([1, 255]) }), true)).toEqual({
      bytes: Buffer.from([1, 255]),
    });
  });

  it("may be empty or missing", () => {
    expect(bodyOfOne(received({ body: Buffer.alloc(0) }), false)).toEqual({ string: "" });
    expect(bodyOfOne(received({ body: undefined }), false)).toEqual({ string: "" });
  });

  it("may be an AMQP value when that is a text", () => {
    expect(bodyOfOne(received({ body: "value" }, "value"), false)).toEqual({ string: "value" });
  });

  it("is refused when it is a sequence, another value, or no UTF-8", () => {
    expect(() => bodyOfOne(received({ body: [1] }, "sequence"), false)).toThrow(/sequence body/);
    expect(() => bodyOfOne(received({ body: 5 }, "value"), false)).toThrow(/value type of number/);
    expect(() => bodyOfOne(received({ body: Buffer.from([0xff]) }), false)).toThrow(/not UTF-8/);
    expect(() => bodyOfOne(received({ body: "value" }, "value"), true)).toThrow(/AMQP value body/);
  });
});

describe("many bodies", () => {
  it("reach the function as a list of texts without the empty ones", () => {
    const messages = ["a", "", "b"].map((text) => received({ body: Buffer.from(text) }));
    expect(bodyOfMany(messages, false)).toEqual({ collectionString: { string: ["a", "b"] } });
  });

  it("reach the function as a list of bytes, each in its place", () => {
    const messages = ["a", ""].map((text) => received({ body: Buffer.from(text) }));
    expect(bodyOfMany(messages, true)).toEqual({
      collectionBytes: { bytes: [Buffer.from("a"), Buffer.alloc(0)] },
    });
  });
});
