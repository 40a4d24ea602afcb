import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { statesOf } from "../support/operations.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";

/** The gaps between the durable steps of whoever takes or drives a request: any instance may be the one that dies. */
const driverGaps: FaultPoint[] = [
  "request-sent",
  "header-inserted",
  "claim-taken",
  "decided",
  "header-swapped",
  "notification-sent",
  "tick-sent",
  "claim-released",
];

/** The gaps between the durable steps of an instance that was told to recycle. */
const targetGaps: FaultPoint[] = [
  "header-read-by-target",
  "acknowledged",
  "draining",
  "worker-ended",
  "registered",
  "ready",
];

let fleet: RecycleFleet;

beforeAll(async () => {
  fleet = await RecycleFleet.start({ instances: "web-0,api-0" });
});

afterAll(() => fleet[Symbol.asyncDispose]());

/** Begins a recycle with whoever reaches the point dying there; gives the operation when it has ended. */
async function recycleThrough(point: FaultPoint, body: object) {
  const key = `${point}-${JSON.stringify(body)}`;
  await fleet.faults.armKill(point);
  const id = await fleet.api().begin("web", body, key);
  await fleet.faults.untilKilled(point);
  return await fleet.api().untilEnded(id);
}

describe("a driver that dies between two durable steps", () => {
  test.each(driverGaps)("at %s leaves nothing half-made and nothing made twice", async (point) => {
    const ended = await recycleThrough(point, { instances: ["web-0"] });
    expect(ended.state).toBe("succeeded");
    expect(statesOf(ended)).toEqual({ "web-0": "recycled" });
    for (const count of Object.values(fleet.counts("recycle.acknowledged", ended.id))) expect(count).toBe(1);
    await fleet.ready();
  });
});

describe("an instance that dies while it recycles", () => {
  test.each(targetGaps)("at %s has recycled all the same, and once", async (point) => {
    await fleet.faults.armKill(point, "web-0");
    const id = await fleet.api().begin("web", { instances: ["web-0"] });
    await fleet.faults.untilKilled(point, "web-0");
    const ended = await fleet.api().untilEnded(id);
    expect(ended.state).toBe("succeeded");
    expect(statesOf(ended)).toEqual({ "web-0": "recycled" });
    for (const count of Object.values(fleet.counts("recycle.acknowledged", id))) expect(count).toBe(1);
    await fleet.ready();
  });

  test("with its host, at any of its states, ends the operation right and leaves no orphan", async () => {
    for (const event of ["recycle.acknowledged", "instance.registered"]) {
      const reached = fleet.world.events.next((told) => told.event === event && told.instance === "web-0");
      const id = await fleet.api().begin("web", { instances: ["web-0"] });
      await reached;
      fleet.world.fleet.kill("web-0", "host");
      const ended = await fleet.api().untilEnded(id);
      expect(statesOf(ended)).toEqual({ "web-0": "recycled" });
      await fleet.ready();
    }
  });
});

test("nothing of all this leaves a claim, an open operation or a message behind", async () => {
  expect(await fleet.leftovers()).toEqual([]);
});
