import { expect, test } from "vitest";
import { PresenceWorld } from "../../support/presence-world.ts";

async function join(world: PresenceWorld, session: string): Promise<void> {
  const registering = { session, user: "ada", metadata: {}, broadcastFrom: 0 };
  await world.at("web-0").sessions.register(registering);
  await world.settled();
}

async function missedAfter(lost: number): Promise<number> {
  const world = new PresenceWorld(1, { lost, twice: 0, late: 0 });
  for (const id of ["web-0", "web-1"]) world.boot(id);
  await world.beat();
  for (const session of ["s1", "s2"]) await join(world, session);
  for (let beat = 0; beat < 3; beat += 1) await world.beat();
  expect(world.at("web-1").roster.list()).toHaveLength(2);
  return world.at("web-1").counts.missedBatches;
}

test("an instance counts the batches that never came to it", async () => {
  expect(await missedAfter(1)).toBeGreaterThan(0);
});

test("an instance whose subscription works has missed none", async () => {
  expect(await missedAfter(0)).toBe(0);
});
