import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileFaultPoints, noFaultPoints, type FaultPoints } from "../../../shared/kernel/fault-points.ts";
import { ManualClock, turn } from "../../support/manual-clock.ts";

let directory: string;
let clock: ManualClock;
let points: FaultPoints;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fault-points-"));
  clock = new ManualClock();
  points = fileFaultPoints(directory, "web-0", clock);
});

afterEach(() => rmSync(directory, { recursive: true }));

const arm = (file: string) => writeFileSync(join(directory, file), "");

async function isHeldAt(reach: Promise<void>): Promise<boolean> {
  let isThrough = false;
  const passed = reach.then(() => (isThrough = true));
  await turn();
  const isHeld = !isThrough;
  rmSync(join(directory, "decided.paused"), { force: true });
  rmSync(join(directory, "web-0.decided.paused"), { force: true });
  await clock.advance(100);
  await passed;
  return isHeld;
}

test("a point that is not armed is passed", async () => {
  await noFaultPoints.reach("decided");
  expect(await isHeldAt(points.reach("decided"))).toBe(false);
});

test.each(["decided.pause", "web-0.decided.pause"])(
  "a point armed by %s holds whoever comes first, until it is let go",
  async (file) => {
    arm(file);
    const reach = points.reach("decided");
    expect(existsSync(join(directory, `${file}d`))).toBe(true);
    expect(await isHeldAt(reach)).toBe(true);
    expect(await isHeldAt(points.reach("decided"))).toBe(false);
  },
);

test.each(["web-1.decided.pause", "ready.pause"])("a point armed by %s holds others", async (file) => {
  arm(file);
  expect(await isHeldAt(points.reach("decided"))).toBe(false);
  expect(existsSync(join(directory, file))).toBe(true);
});
