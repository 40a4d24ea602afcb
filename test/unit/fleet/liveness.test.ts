import { beforeEach, describe, expect, test } from "vitest";
import { Liveness } from "../../../shared/fleet/liveness.ts";

const heartbeatMs = 5_000;
const lostAfterMs = 10_000;
const key = "web/web-0";

let liveness: Liveness;

beforeEach(() => {
  liveness = new Liveness(heartbeatMs);
});

const see = (nowMs: number, heartbeat: number, incarnation = "one"): void =>
  liveness.observe(new Map([[key, { incarnation, heartbeat }]]), nowMs);

describe("an instance is lost", () => {
  test("when its counter has stood still for more than two intervals of the observer's own clock", () => {
    see(0, 1);
    see(lostAfterMs, 1);
    expect(liveness.isLost(key, lostAfterMs)).toBe(false);
    see(lostAfterMs + 1, 1);
    expect(liveness.isLost(key, lostAfterMs + 1)).toBe(true);
  });

  test("no longer, as soon as it moves again", () => {
    see(0, 1);
    see(60_000, 2);
    expect(liveness.isLost(key, 60_000)).toBe(false);
  });

  test("no longer, when another life of it has begun, however low its counter", () => {
    see(0, 100);
    see(60_000, 0, "two");
    expect(liveness.isLost(key, 60_000)).toBe(false);
  });

  test("although an older answer comes after a newer one: that is no sign of life", () => {
    see(0, 7);
    see(8_000, 6);
    expect(liveness.isLost(key, lostAfterMs + 1)).toBe(true);
  });

  test("never, as long as nobody has looked", () => {
    expect(liveness.isLost("web/web-9", 1_000_000)).toBe(false);
  });
});

describe("an instance is seen alive", () => {
  test("only after it was seen to move", () => {
    see(0, 1);
    expect(liveness.isSeenAlive(key, 0)).toBe(false);
    see(1_000, 1);
    expect(liveness.isSeenAlive(key, 1_000)).toBe(false);
    see(2_000, 2);
    expect(liveness.isSeenAlive(key, 2_000)).toBe(true);
  });

  test("until it is lost", () => {
    see(0, 1);
    see(1_000, 2);
    expect(liveness.isSeenAlive(key, 1_000 + lostAfterMs)).toBe(true);
    expect(liveness.isSeenAlive(key, 1_001 + lostAfterMs)).toBe(false);
  });

  test("not any more, once its row is gone", () => {
    see(0, 1);
    see(1_000, 2);
    liveness.observe(new Map(), 2_000);
    see(3_000, 2);
    expect(liveness.isSeenAlive(key, 3_000)).toBe(false);
  });
});
