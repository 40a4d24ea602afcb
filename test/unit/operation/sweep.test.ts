import { beforeEach, describe, expect, test } from "vitest";
import { headerRowKey } from "../../../shared/operation/header.ts";
import { openPartition } from "../../../shared/operation/open-list.ts";
import { OperationRepository } from "../../../shared/operation/repository.ts";
import { Sweep } from "../../../shared/operation/sweep.ts";
import { headerWith } from "./header-with.ts";
import { OperationWorld } from "./operation-world.ts";

const tickMs = 1_000;
/** Longer than an operation may stand still. */
const stallMs = 4_000;

let world: OperationWorld;
let sweep: Sweep;

function sweepWith(operations: OperationRepository): Sweep {
  const { openList, sendTick, clock, log } = world;
  return new Sweep({ operations, openList, sendTick, clock, log }, tickMs);
}

beforeEach(() => {
  world = new OperationWorld();
  sweep = sweepWith(world.operations);
});

async function begin(id: string, step = 3): Promise<void> {
  await world.openList.add(id);
  await world.operations.insert(headerWith({ id, step }));
}

async function move(id: string, facts: Parameters<typeof headerWith>[0]): Promise<void> {
  const stored = await world.operations.header(id);
  await world.operations.swap(headerWith({ id, ...facts }), stored?.etag ?? "");
}

async function passAndLook(ms: number): Promise<void> {
  await world.clock.advance(ms);
  await sweep.look();
}

describe("an open operation", () => {
  test("whose header stands still gets its current tick sent again, and again", async () => {
    await begin("one");
    await sweep.look();
    await passAndLook(stallMs - 1);
    expect(world.ticks).toEqual([]);
    await passAndLook(1);
    expect(world.ticks).toMatchObject([{ operation: "one", step: 3, afterMs: stallMs }]);
    await passAndLook(stallMs - 1);
    expect(world.ticks).toHaveLength(1);
    await passAndLook(1);
    expect(world.ticks).toHaveLength(2);
    expect(world.ticks[0]?.id).not.toBe(world.ticks[1]?.id);
  });

  test("whose header moves is left alone", async () => {
    await begin("one");
    for (let step = 4; step < 8; step += 1) {
      await passAndLook(stallMs - 1);
      await move("one", { step });
    }
    expect(world.ticks).toEqual([]);
  });

  test("that has ended but is still on the list gets a tick, so that somebody concludes it", async () => {
    await begin("one");
    await move("one", { state: "succeeded", step: 9 });
    await sweep.look();
    await passAndLook(stallMs);
    expect(world.ticks).toMatchObject([{ operation: "one", step: 9 }]);
  });

  test("that cannot be read does not hide those behind it", async () => {
    await world.openList.add("broken");
    await world.table.insert({ partitionKey: "broken", rowKey: headerRowKey, document: "{" });
    await begin("one");
    await sweep.look();
    await passAndLook(stallMs);
    expect(world.ticks).toMatchObject([{ operation: "one" }]);
    expect(world.events).toContain("operation.left-alone");
  });

  test("counts as standing still only from the answer on, however slow it was: it may have moved meanwhile", async () => {
    const slowMs = 10_000;
    class Slow extends OperationRepository {
      override async header(operation: string): ReturnType<OperationRepository["header"]> {
        await world.clock.delay(slowMs);
        return await super.header(operation);
      }
    }
    sweep = sweepWith(new Slow(world.table));
    await begin("one");
    const first = sweep.look();
    await world.clock.advance(slowMs);
    await first;
    const second = sweep.look();
    await world.clock.advance(slowMs);
    await second;
    expect(world.ticks).toEqual([]);
  });
});

describe("what is left behind", () => {
  test("a claim of an operation that has ended gets its operation a tick, which gives the role back", async () => {
    await world.operations.insert(headerWith({ id: "one", state: "succeeded", step: 9 }));
    await world.table.insert({ partitionKey: openPartition, rowKey: "web", operation: "one" });
    await sweep.look();
    await passAndLook(stallMs);
    expect(world.ticks).toMatchObject([{ operation: "one", step: 9 }]);
  });

  test("a row whose operation never came into being is removed, but only after a long time", async () => {
    await world.openList.add("orphan");
    await sweep.look();
    await passAndLook(600_000);
    expect(await world.openList.has("orphan")).toBe(true);
    await passAndLook(1);
    expect(await world.openList.has("orphan")).toBe(false);
    expect(world.ticks).toEqual([]);
  });
});
