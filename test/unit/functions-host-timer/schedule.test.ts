import { describe, expect, it } from "vitest";
import { readSchedule } from "../../../local/functions/timer/schedule.ts";

/** The first moments of a schedule from a local start, as local times without the year. */
function moments(text: string, count = 2, start = new Date(2026, 0, 1)): string[] {
  const schedule = readSchedule(text);
  const found: string[] = [];
  let at = start.getTime();
  for (let index = 0; index < count; index++) {
    at = schedule.next(at);
    const date = new Date(at);
    const two = (number: number): string => String(number).padStart(2, "0");
    const day = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    found.push(`${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`);
  }
  return found;
}

describe("a schedule", () => {
  it.each([
    ["0 */5 * * * *", ["01-01 00:05:00", "01-01 00:10:00"]],
    ["*/5 * * * *", ["01-01 00:05:00", "01-01 00:10:00"]],
    ["5/15 * * * * *", ["01-01 00:00:05", "01-01 00:00:20"]],
    ["0 30 9 * * MON-FRI", ["01-01 09:30:00", "01-02 09:30:00"]],
    ["0 0 9 * Jan,Feb Mon", ["01-05 09:00:00", "01-12 09:00:00"]],
    ["0 0 0 * * 0", ["01-04 00:00:00", "01-11 00:00:00"]],
    ["00:00:10", ["01-01 00:00:10", "01-01 00:00:20"]],
    ["1.00:00:00", ["01-02 00:00:00", "01-03 00:00:00"]],
  ])("reads '%s'", (text, expected) => {
    expect(moments(text)).toEqual(expected);
  });

  it("wants both the day of the month and the day of the week to match", () => {
    expect(moments("0 0 0 13 * 5")).toEqual(["02-13 00:00:00", "03-13 00:00:00"]);
  });

  it.each([
    "",
    "soon",
    "* * * *",
    "0 0 0 L * *",
    "@hourly",
    "* * * * * 7",
    "60 * * * * *",
    "0 0 0 0 * *",
    "0 0 0 ? * *",
    "-00:00:05",
  ])("refuses '%s'", (text) => {
    expect(() => readSchedule(text)).toThrow(
      `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string.`,
    );
  });

  it("refuses one that never comes", () => {
    expect(() => readSchedule("0 0 0 31 2 *")).toThrow("never comes");
  });
});
