import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { statesOf } from "../support/operations.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";

/** The gaps between the durable steps of whoever takes or drives a request: any instance may be the one that dies. */
const gaps: FaultPoint[] = [
  "request-sent",
  "header-inserted",
  "claim-taken",
  "decided",
  "header-swapped",
  "notification-sent",
  "tick-sent",
  "claim-released",
];

let fleet: RecycleFleet;

beforeAll(async () => {
  fleet = await RecycleFleet.start();
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
  test.each(gaps)("at %s leaves nothing half-made and nothing made twice", async (point) => {
    const ended = await recycleThrough(point, { instances: ["web-0"] });
    expect(ended.state).toBe("succeeded");
    expect(statesOf(ended)).toEqual({ "web-0": "recycled" });
    for (const count of Object.values(fleet.counts("recycle.acknowledged", ended.id))) expect(count).toBe(1);
    await fleet.ready();
  });

  test("in the middle of a rolling recycle is replaced by another", async () => {
    const ended = await recycleThrough("header-swapped", { maxUnavailable: 1 });
    expect(ended.state).toBe("succeeded");
    expect(statesOf(ended)).toEqual({ "web-0": "recycled", "web-1": "recycled" });
    await fleet.ready();
  });

  test("leaves no claim, no open operation and no message behind", async () => {
    expect(await fleet.leftovers()).toEqual([]);
  });
});
