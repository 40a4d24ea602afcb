import { describe, expect, it } from "vitest";
import { textsOf } from "../../../local/functions/outputs/output-text.ts";

describe("an output", () => {
  it.each([
    ["a text", { string: "hello" }, ["hello"]],
    ["an empty text", { string: "" }, [""]],
    ["an object", { json: '{"a":1}' }, ['{\n  "a": 1\n}']],
    ["a text that is an object", { string: '{"a":1}' }, ['{\n  "a": 1\n}']],
    ["a list", { json: '["x",2,true,null,{"a":1}]' }, ["x", "2", "True", "", '{\n  "a": 1\n}']],
    ["a text that is a list", { string: ' ["x","y"] ' }, ["x", "y"]],
    ["an empty list", { json: "[]" }, []],
    ["a whole number", { int: 5 }, ["5"]],
    ["a fraction", { double: 1.5 }, ["1.5"]],
    ["a boolean", { json: "false" }, ["False"]],
    ["nothing", {}, []],
  ])("that is %s makes its messages", (_what, data, texts) => {
    expect(textsOf(data)).toEqual(texts);
  });

  it("that looks like JSON and is none is refused", () => {
    expect(() => textsOf({ string: "{hello}" })).toThrow(/looks like JSON and is not/);
  });

  it("of bytes is refused", () => {
    expect(() => textsOf({ bytes: new Uint8Array([1]) })).toThrow(/Bytes cannot be sent/);
  });
});
