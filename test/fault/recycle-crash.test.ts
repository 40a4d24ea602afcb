import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { FaultDirectory } from "../support/fault-directory.ts";
import { startTestFleet, type TestFleet } from "../support/fleet.ts";
import { Api, statesOf } from "../support/operations.ts";

/** Gaps that any instance that takes or drives the request may die in. */
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
/** Gaps that a target may die in. */
const targetGaps: FaultPoint[] = [
  "header-read-by-target",
  "acknowledged",
  "draining",
  "worker-ended",
  "registered",
  "ready",
];

let faults: FaultDirectory;
let world: TestFleet;

beforeAll(async () => {
  faults = await FaultDirectory.make();
  world = await startTestFleet({ settings: { INTERROLE_FAULT_POINTS: faults.path } });
  await world.fleet.waitReady(30_000);
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await faults[Symbol.asyncDispose]();
});

const api = () => new Api(world.fleet.instance("api-0").url);

/** How often each instance said that it acknowledged this operation. */
function acknowledgements(operation: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of world.events.all) {
    if (event.event !== "recycle.acknowledged" || event["operation"] !== operation) continue;
    counts[event.instance] = (counts[event.instance] ?? 0) + 1;
  }
  return counts;
}

describe("a crash between two durable steps", () => {
  test.each(driverGaps)("of the one that drives, at %s, leaves nothing half-made", async (point) => {
    await faults.armKill(point);
    const key = `driver-${point}`;
    // The one that takes the call may be the one that dies: then the caller repeats the request with its key.
    const first = await api()
      .recycle("web", { maxUnavailable: 1 }, key)
      .catch(() => undefined);
    await faults.untilKilled(point);
    if (first?.status !== 202) await world.fleet.waitReady(30_000);
    const id = await api().begin("web", { maxUnavailable: 1 }, key);
    const ended = await api().untilEnded(id);
    expect(ended.state).toBe("succeeded");
    expect(statesOf(ended)).toEqual({ "web-0": "recycled", "web-1": "recycled" });
    for (const count of Object.values(acknowledgements(id))) expect(count).toBe(1);
    await world.fleet.waitReady(30_000);
  });

  test.each(targetGaps)("of a target, at %s, ends with the target recycled", async (point) => {
    await faults.armKill(point, "web-0");
    const id = await api().begin("web", {});
    await faults.untilKilled(point, "web-0");
    const ended = await api().untilEnded(id);
    expect(ended.state).toBe("succeeded");
    expect(statesOf(ended)).toEqual({ "web-0": "recycled", "web-1": "recycled" });
    for (const count of Object.values(acknowledgements(id))) expect(count).toBe(1);
    await world.fleet.waitReady(30_000);
  });
});
