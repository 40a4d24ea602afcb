import { expect, test } from "vitest";
import { canonicalJson } from "../../../shared/kernel/canonical-json.ts";

test("objects that differ only in the order of their keys have the same text, at every depth", () => {
  const one = { b: [{ d: 1, c: 2 }], a: { f: null, e: "x" } };
  const two = { a: { e: "x", f: null }, b: [{ c: 2, d: 1 }] };
  expect(canonicalJson(one)).toBe(canonicalJson(two));
  expect(canonicalJson(one)).toBe('{"a":{"e":"x","f":null},"b":[{"c":2,"d":1}]}');
});

test("what differs in anything else has another text", () => {
  const texts = [[1, 2], [2, 1], { a: 1 }, { a: "1" }, { a: null }, {}, [], null, "a", 1].map(canonicalJson);
  expect(new Set(texts).size).toBe(texts.length);
});

test("a field that is undefined counts as absent, as it does in a message", () => {
  expect(canonicalJson({ a: 1, b: undefined })).toBe(canonicalJson({ a: 1 }));
});
