import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { statesOf } from "../support/operations.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";

/** The gaps between the durable steps of an instance that was told to recycle. */
const gaps: FaultPoint[] = [
  "header-read-by-target",
  "acknowledged",
  "draining",
  "worker-ended",
  "registered",
  "ready",
];

let fleet: RecycleFleet;

beforeAll(async () => {
  fleet = await RecycleFleet.start();
});

afterAll(() => fleet[Symbol.asyncDispose]());

describe("an instance that dies while it recycles", () => {
  test.each(gaps)("at %s has recycled all the same, and once", async (point) => {
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

  test("leaves no claim, no open operation and no message behind", async () => {
    expect(await fleet.leftovers()).toEqual([]);
  });
});
