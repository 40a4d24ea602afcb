import { describe, expect, test } from "vitest";
import { filterByLevel } from "../../../local/functions/log/level-filter.ts";
import type { LogEntry, LogLevel } from "../../../local/functions/log/log.ts";

describe("the levels of the log", () => {
  function passes(levels: Record<string, string>, category: string, level: LogLevel): boolean {
    const seen: LogEntry[] = [];
    const sink = filterByLevel((entry) => seen.push(entry), new Map(Object.entries(levels)));
    sink({ category, level, message: "" });
    return seen.length === 1;
  }

  test.each([
    [{}, "Host.X", "information", true],
    [{}, "Host.X", "debug", false],
    [{ default: "warning" }, "Host.X", "information", false],
    [{ default: "warning", host: "debug" }, "Host.X", "debug", true],
    [{ host: "error", "host.x": "trace" }, "Host.X", "trace", true],
    [{ host: "error" }, "Hostess", "information", true],
    [{ "function.a": "none" }, "Function.A.User", "critical", false],
    [{ default: "nonsense" }, "Host.X", "information", true],
  ] as const)("%o for %s at %s: %s", (levels, category, level, expected) => {
    expect(passes(levels, category, level)).toBe(expected);
  });
});
