import { describe, expect, test } from "vitest";

import {
  maxDelayMs,
  maxRestartsPerWindow,
  RestartPolicy,
  slowDelayMs,
  windowMs,
} from "../../../local/fleet/restart-policy.ts";

describe("restarting a host that ended", () => {
  test("waits twice as long each time, up to a limit", () => {
    const policy = new RestartPolicy(() => 0);
    const delays = Array.from({ length: maxRestartsPerWindow }, () => policy.afterEnd().delayMs);
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, maxDelayMs, maxDelayMs]);
  });

  test("becomes slow after too many ends, and never gives up", () => {
    const policy = new RestartPolicy(() => 0);
    for (let end = 0; end < maxRestartsPerWindow; end++) expect(policy.afterEnd().slow).toBe(false);
    for (let end = 0; end < 100; end++)
      expect(policy.afterEnd()).toMatchObject({ slow: true, delayMs: slowDelayMs });
  });

  test("goes on slowly while the slow restarts themselves keep failing", () => {
    let now = 0;
    const policy = new RestartPolicy(() => now);
    for (let end = 0; end <= maxRestartsPerWindow; end++) policy.afterEnd();
    now += slowDelayMs;
    expect(policy.afterEnd().slow).toBe(true);
  });

  test("starts again with the first wait for a host that ran long", () => {
    let now = 0;
    const policy = new RestartPolicy(() => now);
    for (let end = 0; end < 20; end++) policy.afterEnd();
    now += windowMs;
    expect(policy.afterEnd()).toEqual({ delayMs: 100, slow: false, ends: 1 });
  });
});
