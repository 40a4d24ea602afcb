import { expect, test } from "vitest";
import { packText, unpackText } from "../../../shared/table/long-text.ts";

/** What one property of a row may hold. */
const maxUnits = 32_768;

test.each([0, 1, 31_999, 32_000, 32_001, 64_000, 384_000])(
  "a text of %i characters comes back as it was",
  (length) => {
    const text = "ab\u00fc\ud83d\ude00".repeat(length).slice(0, length);
    const packed = packText("document", text);
    expect(unpackText("document", packed)).toBe(text);
    for (const part of Object.values(packed)) expect(part.length).toBeLessThan(maxUnits);
  },
);

test("a short text is one property under its own name, so that people can read it", () => {
  expect(packText("document", "short")).toEqual({ document: "short" });
  expect(packText("document", "")).toEqual({ document: "" });
});

test("a text that no row can hold is refused", () => {
  expect(() => packText("document", "x".repeat(384_001))).toThrow(
    "document is longer than 384000 characters",
  );
});

test("other properties of the row are left alone", () => {
  expect(
    unpackText("document", { state: "x", document: "a", document1: "b", document3: "d", documents: "no" }),
  ).toBe("ab");
  expect(unpackText("document", {})).toBe("");
});
