import { beforeEach, describe, expect, test } from "vitest";
import { Directory, type InstanceView } from "../../../shared/fleet/directory.ts";
import { forgetInstance } from "../../../shared/fleet/forget.ts";
import { markReaped } from "../../../shared/fleet/mark-reaped.ts";
import { Registration } from "../../../shared/fleet/registration.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const heartbeatMs = 5_000;
const identity = { role: "web", instance: "web-2", url: "http://web-2" };

let table: InMemoryTable;
let clock: ManualClock;
let directory: Directory;
let gone: Registration;

beforeEach(async () => {
  table = new InMemoryTable();
  clock = new ManualClock();
  directory = new Directory(table, clock, { heartbeatMs, self: "me", onUnreadable: () => undefined });
  gone = new Registration(table, identity);
  await gone.register();
});

async function seen(): Promise<InstanceView | undefined> {
  return (await directory.read()).find(({ id }) => id === "web-2");
}

/** Time passes in which the instance does not beat. */
async function lose(): Promise<void> {
  await directory.read();
  await clock.advance(3 * heartbeatMs);
}

describe("forgetting", () => {
  test("takes an instance that is lost and has no session left off the list", async () => {
    await lose();
    await markReaped(table, "web", "web-2", gone.epoch);
    await forgetInstance(table, await seen());
    expect(await directory.read()).toEqual([]);
  });

  test.each([
    ["unknown", async () => undefined, "unknown-instance"],
    ["alive", async () => await markReaped(table, "web", "web-2", 1), "instance-not-gone"],
    ["lost, with sessions that have not been ended", lose, "instance-not-gone"],
  ])("refuses one that is %s", async (what, prepare, kind) => {
    await prepare();
    await expect(forgetInstance(table, what === "unknown" ? undefined : await seen())).rejects.toMatchObject({
      kind,
    });
    expect(await seen()).toBeDefined();
  });

  test("refuses one that has come back since it was seen", async () => {
    await lose();
    await markReaped(table, "web", "web-2", gone.epoch);
    const lost = await seen();
    const next = new Registration(table, identity);
    await next.register();
    await expect(forgetInstance(table, lost)).rejects.toMatchObject({ kind: "instance-not-gone" });
    expect((await seen())?.incarnation).toBe(next.incarnation);
  });

  test("is undone by its next boot, which goes on from its epoch", async () => {
    await lose();
    await markReaped(table, "web", "web-2", gone.epoch);
    await forgetInstance(table, await seen());
    const next = new Registration(table, identity);
    await next.register();
    expect(await seen()).toMatchObject({ epoch: gone.epoch + 1, incarnation: next.incarnation });
  });

  test("is undone by a process that had only stood still, which finds that it was given up", async () => {
    await lose();
    await markReaped(table, "web", "web-2", gone.epoch);
    await forgetInstance(table, await seen());
    await gone.heartbeat();
    expect(await seen()).toMatchObject({ incarnation: gone.incarnation });
    expect(gone.isReaped).toBe(true);
  });
});
