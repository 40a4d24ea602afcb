import { beforeEach, describe, expect, test } from "vitest";
import { Circuits } from "../../../../shared/routing/endpoint/circuits.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

let clock: ManualClock;
let circuits: Circuits;
let told: [string, boolean][];

beforeEach(() => {
  clock = new ManualClock();
  told = [];
  circuits = new Circuits(clock, (key, isOpen) => told.push([key, isOpen]), {
    maxFailures: 3,
    firstOpenMs: 1_000,
    maxOpenMs: 3_000,
  });
});

function fail(times: number): void {
  for (let count = 0; count < times; count += 1) circuits.failed("a");
}

describe("the circuit of an endpoint", () => {
  test("stays closed while no three failures come in a row", () => {
    fail(2);
    circuits.succeeded("a");
    fail(2);
    expect(circuits.enter("a")).toBe(0);
    expect(told).toEqual([]);
  });

  test("opens at the third, for that endpoint alone", async () => {
    fail(3);
    expect(circuits.enter("a")).toBe(1_000);
    await clock.advance(400);
    expect(circuits.enter("a")).toBe(600);
    expect(circuits.enter("b")).toBe(0);
    expect(told).toEqual([["a", true]]);
  });

  test("lets one caller through when its time is over, and closes when that succeeds", async () => {
    fail(3);
    await clock.advance(1_000);
    expect(circuits.enter("a")).toBe(0);
    expect(circuits.enter("a")).toBeGreaterThan(0);
    circuits.succeeded("a");
    expect(circuits.enter("a")).toBe(0);
    expect(told).toEqual([
      ["a", true],
      ["a", false],
    ]);
  });

  test("stays open for twice as long each time that the probe fails, up to a bound", async () => {
    fail(3);
    for (const openMs of [1_000, 2_000, 3_000, 3_000]) {
      expect(circuits.enter("a")).toBe(openMs);
      await clock.advance(openMs);
      expect(circuits.enter("a")).toBe(0);
      fail(1);
    }
    expect(told).toEqual([["a", true]]);
  });

  test("is not kept open by callers that were let through before it opened", async () => {
    fail(3);
    await clock.advance(900);
    fail(2);
    expect(circuits.enter("a")).toBe(100);
  });

  test("lets another probe through when one never says how it went", async () => {
    fail(3);
    await clock.advance(1_000);
    expect(circuits.enter("a")).toBe(0);
    await clock.advance(1_000);
    expect(circuits.enter("a")).toBe(0);
  });
});
