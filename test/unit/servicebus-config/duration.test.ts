import { describe, expect, it } from "vitest";

import { formatDuration, noLimit, parseDuration } from "../../../local/servicebus/config/duration.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe("a duration", () => {
  it.each([
    ["PT1M", minute],
    ["PT0S", 0],
    ["PT45S", 45 * second],
    ["PT0.5S", 500],
    ["PT1H30M5.25S", hour + 30 * minute + 5250],
    ["P1D", day],
    ["P1DT2H", day + 2 * hour],
    ["P2W", 14 * day],
    ["P1M", 30 * day],
    ["P1Y", 365 * day],
    ["PT90M", 90 * minute],
    [" PT1M ", minute],
    [noLimit, Infinity],
    ["P99999999D", Infinity],
  ])("%s is read as %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    "",
    "P",
    "PT",
    "1M",
    "P1",
    "P1H",
    "PT1D",
    "PT1M1H",
    "-PT1M",
    "PT-1M",
    "PT1,5S",
    "P1DT",
    "00:01:00",
    "PT1M x",
  ])("%j is not read", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it.each([
    [0, "PT0S"],
    [minute, "PT1M"],
    [day + 2 * hour, "P1DT2H"],
    [7 * day, "P7D"],
    [90 * minute, "PT1H30M"],
    [1500, "PT1.5S"],
    [Infinity, noLimit],
  ])("%d ms is written as %s and read back", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });
});
