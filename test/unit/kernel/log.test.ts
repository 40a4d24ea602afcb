import { expect, test } from "vitest";
import { Log, reasonOf } from "../../../shared/kernel/log.ts";
import { ManualClock } from "../../support/manual-clock.ts";

test("an event is one line of JSON that says when, who, what, and in plain words", () => {
  const lines: string[] = [];
  const log = new Log({ instance: "web-0", role: "web" }, new ManualClock(), (line) => lines.push(line));
  log.emit("warn", "thing.happened", "it happened\nagain", { count: 2, names: ["a"], absent: undefined });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("\n");
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    time: "2026-01-01T00:00:00.000Z",
    level: "warn",
    event: "thing.happened",
    instance: "web-0",
    role: "web",
    message: "it happened\nagain",
    count: 2,
    names: ["a"],
  });
});

test("whatever was thrown has a reason", () => {
  expect(reasonOf(new TypeError("no"))).toBe("no");
  expect([reasonOf("text"), reasonOf(undefined), reasonOf(null)]).toEqual(["text", "undefined", "null"]);
});
