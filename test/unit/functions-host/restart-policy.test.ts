import { describe, expect, test } from "vitest";
import { meaningOf, RestartPolicy } from "../../../local/functions/host/restart-policy.ts";

const limits = { errorRestartMs: 1_000, errorWindowMs: 30 * 60_000, maxErrors: 3 };
const again = { kind: "restart", delayMs: 1_000 };

describe("the end of a worker", () => {
  test.each([
    [{ code: 200, signal: null }, "intended"],
    [{ code: 0, signal: null }, "zero"],
    [{ code: 1, signal: null }, "error"],
    [{ code: null, signal: "SIGKILL" }, "error"],
    [{ code: null, signal: "SIGTERM" }, "error"],
  ] as const)("%o means %s", (end, meaning) => {
    expect(meaningOf(end)).toBe(meaning);
  });

  test("with an error leads to a restart with a pause, until there were too many", () => {
    const policy = new RestartPolicy(limits);
    expect([0, 1, 2].map((now) => policy.after("error", now))).toEqual([again, again, again]);
    expect(policy.after("error", 3)).toMatchObject({ kind: "give-up" });
  });

  test("counts only errors within the window", () => {
    const policy = new RestartPolicy(limits);
    for (let round = 0; round < 20; round += 1) {
      expect(policy.after("error", round * 10 * 60_000 + 1)).toEqual(again);
    }
  });

  test.each(["intended", "zero", "timeout"] as const)(
    "that was %s is not counted and waits for nothing",
    (meaning) => {
      const policy = new RestartPolicy({ ...limits, maxErrors: 0 });
      for (let round = 0; round < 5; round += 1) {
        expect(policy.after(meaning, 0)).toEqual({ kind: "restart", delayMs: 0 });
      }
    },
  );
});
