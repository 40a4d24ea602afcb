import { expect, it } from "vitest";
import { parseTimeSpan } from "../../../local/functions/settings/time-span.ts";

it.each([
  ["00:05:00", 300_000],
  ["00:00:00.50", 500],
  ["00:00:30", 30_000],
  ["12:30", 45_000_000],
  ["1.02:03:04", 93_784_000],
  ["1:02:03:04", 93_784_000],
  ["7", 604_800_000],
  ["-00:00:01", -1_000],
  [" 00:01:00 ", 60_000],
])("takes '%s' for %d ms", (text, milliseconds) => {
  expect(parseTimeSpan(text)).toBe(milliseconds);
});

it.each(["", "soon", "24:00:00", "00:60:00", "00:00:60", "1.5", "5m"])(
  "takes '%s' for no duration",
  (text) => {
    expect(parseTimeSpan(text)).toBeUndefined();
  },
);
