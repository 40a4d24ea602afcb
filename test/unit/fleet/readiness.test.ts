import { expect, test } from "vitest";
import { readReadiness, type ReadinessParts } from "../../../shared/fleet/readiness.ts";

const well: ReadinessParts = {
  registration: { state: "ready", incarnation: "i", epoch: 3 },
  heartbeat: { isFresh: true },
  outbox: { health: { ok: true } },
  lifetime: { isDraining: false },
};

test("an instance is ready when it is registered, beats, reaches the bus, and is not on its way out", () => {
  expect(readReadiness(well)).toEqual({
    isReady: true,
    state: "ready",
    incarnation: "i",
    epoch: 3,
    checks: { registration: "ok", heartbeat: "ok", serviceBus: "ok" },
  });
});

test.each(["unregistered", "starting", "draining", "passive"])("is not ready while it is %s", (state) => {
  const { isReady, checks } = readReadiness({ ...well, registration: { ...well.registration, state } });
  expect(isReady).toBe(false);
  expect(checks.registration).toBe(`the instance is ${state}`);
});

test("is not ready when its heartbeats do not reach the table", () => {
  const { isReady, checks } = readReadiness({ ...well, heartbeat: { isFresh: false } });
  expect([isReady, checks.heartbeat]).toEqual([false, "no heartbeat has reached Table Storage lately"]);
});

test("is not ready when the bus failed, and says how", () => {
  const outbox = { health: { ok: false as const, reason: "no such host" } };
  const { isReady, checks } = readReadiness({ ...well, outbox });
  expect([isReady, checks.serviceBus]).toEqual([false, "no such host"]);
});

test("is not ready while it drains, even before the row says so", () => {
  expect(readReadiness({ ...well, lifetime: { isDraining: true } }).isReady).toBe(false);
});
