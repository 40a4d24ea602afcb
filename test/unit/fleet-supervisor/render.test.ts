import pc from "picocolors";
import { describe, expect, test } from "vitest";

import { isHostRoutine, parseLine } from "../../../local/fleet/event.ts";
import { renderEvent } from "../../../local/fleet/render.ts";

const plain = pc.createColors(false);
const bright = pc.createColors(true);
const from = { id: "web-0", role: "web" };
const now = (): Date => new Date("2026-01-02T03:04:05.006Z");
const time = "2026-01-02T03:04:05.006Z";

const line = (event: object): string => JSON.stringify(event);
const ready = {
  time,
  level: "info",
  event: "instance.ready",
  instance: "web-0",
  role: "web",
  message: "The instance serves.",
  incarnation: "abc",
  epoch: 3,
  tags: ["x"],
  nothing: null,
};

describe("a line of an instance's output", () => {
  test("is read as the event that it is, with its own fields", () => {
    expect(parseLine(line(ready), from, now)).toEqual(ready);
  });

  test("of the host's own log keeps its level and says which part speaks, also through colours", () => {
    const text = "\u001B[33m[2026-01-02T03:04:05.006Z] warning Host.Startup:   look: here\u001B[39m";
    expect(parseLine(text, from, now)).toEqual({
      time,
      level: "warn",
      event: "host.log",
      instance: "web-0",
      role: "web",
      message: "look: here",
      category: "Host.Startup",
    });
  });

  test.each([
    ["information Function.control: Executing 'Functions.control'", true],
    ["information Function.control.User: said by the app", false],
    ["error Host.Startup: it fails", false],
  ])("of the host's own log is routine or not: %s", (text, isRoutine) => {
    expect(isHostRoutine(parseLine(`[${time}] ${text}`, from, now))).toBe(isRoutine);
  });

  test.each(["plain words", "{ not json", '{"json":"but no event"}', "[1]", "null", ""])(
    "that is no event is kept as output: %j",
    (text) => {
      expect(parseLine(text, from, now)).toEqual({
        time,
        level: "info",
        event: "output",
        instance: "web-0",
        role: "web",
        message: text,
      });
    },
  );
});

describe("showing an event", () => {
  test("tells time, instance, event, sentence and facts in one line", () => {
    expect(renderEvent(parseLine(line(ready), from, now), plain)).toMatch(
      /^\d\d:\d\d:05\.006 web-0 {3}instance\.ready {9}The instance serves\. incarnation=abc epoch=3 tags=\["x"\]$/,
    );
  });

  test("does not repeat what the sentence says already", () => {
    const message = "registered as abcd, epoch 3";
    const shown = renderEvent(parseLine(line({ ...ready, message, incarnation: "abcd" }), from, now), plain);
    expect(shown).toMatch(/ registered as abcd, epoch 3 epoch=3 tags=/);
  });

  test("shows output that is no event with the instance's name", () => {
    expect(renderEvent(parseLine("hello", from, now), plain)).toMatch(/05\.006 web-0 {3}hello$/);
  });

  test("cuts long values and keeps everything in one line that steers no terminal", () => {
    const shown = renderEvent(
      parseLine(line({ ...ready, message: "a\nb\u001B[2Jc", long: "x".repeat(500) }), from, now),
      plain,
    );
    expect(shown).toContain("a b [2Jc");
    expect(shown).toContain(`long=${"x".repeat(60)}…`);
  });

  test("marks warnings and errors by colour where there are colours", () => {
    const shown = (level: string): string =>
      renderEvent(parseLine(line({ ...ready, level }), from, now), bright);
    expect(shown("warn")).toContain(bright.yellow("instance.ready".padEnd(22)));
    expect(shown("error")).toContain(bright.red("instance.ready".padEnd(22)));
  });
});
