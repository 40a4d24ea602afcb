import { describe, expect, test } from "vitest";
import { guardClock, ManualClock, systemClock } from "../../../local/servicebus/clock.ts";

describe("a manual clock", () => {
  test("runs tasks in the order of their times, each at its own moment", () => {
    const clock = new ManualClock(0);
    const seen: [string, number][] = [];
    clock.schedule(30, () => seen.push(["late", clock.now()]));
    clock.schedule(10, () => seen.push(["early", clock.now()]));
    clock.advance(100);
    expect(seen).toEqual([
      ["early", 10],
      ["late", 30],
    ]);
    expect(clock.now()).toBe(100);
  });

  test("runs tasks of one moment in the order they were scheduled in", () => {
    const clock = new ManualClock(0);
    const seen: number[] = [];
    for (const n of [1, 2, 3]) clock.schedule(5, () => seen.push(n));
    clock.advance(5);
    expect(seen).toEqual([1, 2, 3]);
  });

  test("runs what a task schedules on the way, if its time comes too", () => {
    const clock = new ManualClock(0);
    const seen: number[] = [];
    clock.schedule(1, () => clock.schedule(2, () => seen.push(clock.now())));
    clock.advance(2);
    expect(seen).toEqual([2]);
  });

  test("runs no cancelled task, of thousands either", () => {
    const clock = new ManualClock(0);
    const seen: number[] = [];
    const cancels = Array.from({ length: 5_000 }, (_, n) => clock.schedule(n, () => seen.push(n)));
    for (const [n, cancel] of cancels.entries()) if (n !== 4_321) cancel();
    for (const cancel of cancels.slice(0, 10)) cancel();
    clock.advance(10_000);
    expect(seen).toEqual([4_321]);
  });
});

test("a guarded clock reports what a task throws, and runs the next one", () => {
  const clock = new ManualClock(0);
  const errors: unknown[] = [];
  const guarded = guardClock(clock, (error) => errors.push(error));
  const seen: string[] = [];
  guarded.schedule(1, () => {
    throw new Error("broken");
  });
  guarded.schedule(1, () => seen.push("ran"));
  clock.advance(1);
  expect(errors).toEqual([new Error("broken")]);
  expect(seen).toEqual(["ran"]);
});

test("the system clock runs what is due and not what was cancelled", async () => {
  const seen: string[] = [];
  const cancel = systemClock.schedule(Date.now() + 1, () => seen.push("cancelled"));
  cancel();
  systemClock.schedule(Date.now() + 365 * 86_400_000, () => seen.push("in a year"))();
  await new Promise<void>((resolve) => {
    // The clock does not keep the process alive by itself.
    const alive = setInterval(() => {}, 1_000);
    systemClock.schedule(Date.now() + 5, () => {
      clearInterval(alive);
      resolve();
    });
  });
  expect(seen).toEqual([]);
});
