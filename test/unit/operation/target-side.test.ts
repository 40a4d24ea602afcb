import { beforeEach, describe, expect, test } from "vitest";
import type { Header } from "../../../shared/operation/header.ts";
import { TargetSide } from "../../../shared/operation/target-side.ts";
import { first, headerWith, operation, second, target } from "./header-with.ts";
import { OperationWorld } from "./operation-world.ts";

let world: OperationWorld;
let side: TargetSide;

beforeEach(() => {
  world = new OperationWorld();
  side = sideOf(first("web-0"));
});

function sideOf(incarnation: string): TargetSide {
  const { operations, openList, sendTick } = world;
  return new TargetSide({ operations, openList, sendTick, self: { instance: "web-0", incarnation } });
}

const released = { wave: 1, releasedAtMs: 0 };
const begin = (facts: Partial<Header>) => world.operations.insert(headerWith({ step: 5, ...facts }));

describe("a process is released", () => {
  test("when the header lists its own incarnation as released and not done", async () => {
    await begin({ targets: [target("web-0", released)] });
    expect(await side.isReleased(operation)).toBe(true);
  });

  test.each<[string, Partial<Header>]>([
    ["is listed, but pending", { targets: [target("web-0")] }],
    ["is done", { targets: [target("web-0", { ...released, outcome: { state: "recycled" } })] }],
    [
      "is a later life of the instance",
      { targets: [target("web-0", { ...released, incarnation: second("web-0") })] },
    ],
    ["is not listed", { targets: [target("web-1", released)] }],
    [
      "is asked by an operation that is being cancelled",
      { state: "cancelling", targets: [target("web-0", released)] },
    ],
    ["is asked by an operation that has ended", { state: "failed", targets: [target("web-0", released)] }],
  ])("but not when it %s", async (_what, facts) => {
    await begin(facts);
    expect(await side.isReleased(operation)).toBe(false);
  });

  test("but not by an operation that does not exist", async () => {
    expect(await side.isReleased(operation)).toBe(false);
  });
});

describe("a process acknowledges", () => {
  test("once, and sees its own acknowledgement when it is told again", async () => {
    expect(await side.acknowledge(operation)).toBe(true);
    expect(await side.acknowledge(operation)).toBe(true);
    expect(await world.operations.answerOf(operation, "web-0")).toEqual({
      state: "acknowledged",
      incarnation: first("web-0"),
    });
  });

  test.each(["cancelled", "timed-out"] as const)(
    "but stands back when a driver has answered: %s",
    async (state) => {
      await world.operations.answer(operation, "web-0", { state });
      expect(await side.acknowledge(operation)).toBe(false);
    },
  );

  test("but stands back when an earlier life of its instance did", async () => {
    await side.acknowledge(operation);
    expect(await sideOf(second("web-0")).acknowledge(operation)).toBe(false);
  });
});

describe("a process that cannot go", () => {
  beforeEach(async () => {
    await begin({ targets: [target("web-0", released)] });
    await side.acknowledge(operation);
  });

  test("says why, and hurries the operation on", async () => {
    await side.fail(operation, "no");
    expect(await world.operations.answerOf(operation, "web-0")).toMatchObject({
      state: "acknowledged",
      failure: "no",
    });
    expect(world.ticks).toMatchObject([{ operation, step: 5, afterMs: 0 }]);
  });

  test("says so in few words, because the header keeps them for every target", async () => {
    await side.fail(operation, "x".repeat(100_000));
    expect((await world.operations.answerOf(operation, "web-0"))?.failure).toHaveLength(200);
  });

  test("says nothing in the place of another life of its instance", async () => {
    await sideOf(second("web-0")).fail(operation, "no");
    expect(await world.operations.answerOf(operation, "web-0")).not.toHaveProperty("failure");
  });
});

describe("a process that is back", () => {
  beforeEach(() => world.openList.add(operation));

  test("hurries the operations that wait for its instance", async () => {
    await begin({ targets: [target("web-0", released)] });
    await sideOf(second("web-0")).tellBack();
    expect(world.ticks).toMatchObject([{ operation, step: 5, afterMs: 0 }]);
  });

  test.each<[string, Partial<Header>]>([
    ["are done with it", { targets: [target("web-0", { outcome: { state: "recycled" } })] }],
    ["are not meant for it", { targets: [target("web-1", released)] }],
  ])("leaves operations alone that %s", async (_what, facts) => {
    await begin(facts);
    await sideOf(second("web-0")).tellBack();
    expect(world.ticks).toEqual([]);
  });

  test("does not mind operations that are listed and were never begun", async () => {
    await side.tellBack();
    expect(world.ticks).toEqual([]);
  });
});
