import { describe, expect, test } from "vitest";
import { Blocks } from "../../../shared/counter/block.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** Blocks of three over a counter that only they use. */
function leasing() {
  const clock = new ManualClock();
  const counter = { value: 0n, epoch: 1, leases: 0, reads: 0 };
  const blocks = new Blocks({
    size: 3,
    freshMs: 5_000,
    monotonicMs: () => clock.monotonicMs(),
    lease: async (count) => {
      counter.leases += 1;
      const value = counter.value + 1n;
      counter.value += BigInt(count);
      return { value, last: counter.value, count, epoch: counter.epoch, isRepeated: false };
    },
    readEpoch: async () => {
      counter.reads += 1;
      return counter.epoch;
    },
  });
  const take = async (count: number) => {
    const taken = await Promise.all(Array.from({ length: count }, () => blocks.next()));
    return taken.map(({ value, epoch }) => `${epoch}:${value}`);
  };
  return { clock, counter, take };
}

describe("a block", () => {
  test("gives each of its numbers once, and is leased once by all who wait for it", async () => {
    const { counter, take } = leasing();
    expect(await take(7)).toEqual(["1:1", "1:2", "1:3", "1:4", "1:5", "1:6", "1:7"]);
    expect(counter).toMatchObject({ leases: 3, reads: 0, value: 9n });
  });

  test("goes on after its time when the epoch is the same", async () => {
    const { clock, counter, take } = leasing();
    await take(1);
    await clock.advance(5_000);
    expect(await take(1)).toEqual(["1:2"]);
    expect(counter).toMatchObject({ leases: 1, reads: 1 });
  });

  test("is given up after its time when there was a reset", async () => {
    const { clock, counter, take } = leasing();
    await take(1);
    counter.value = 100n;
    counter.epoch = 2;
    expect(await take(1)).toEqual(["1:2"]);
    await clock.advance(5_000);
    expect(await take(1)).toEqual(["2:101"]);
  });
});
