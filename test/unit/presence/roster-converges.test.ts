import { describe, expect, test } from "vitest";
import { newSessionId } from "../../../shared/presence/sessions.ts";
import { readHead } from "../../../shared/presence/head.ts";
import { PresenceWorld } from "../../support/presence-world.ts";
import { randomFrom } from "../../support/simulation/random.ts";

const join = async (world: PresenceWorld, instance: string, user: string) => {
  const head = await world
    .at(instance)
    .sessions.register({ session: newSessionId(), user, metadata: {}, broadcastFrom: 0 });
  return head.session;
};

/** What each living instance lists, and what the heads say. */
function lists(world: PresenceWorld) {
  const listed = world
    .living()
    .map(([, presence]) =>
      presence.roster.list().map(({ session, version, instance }) => `${session} ${version} ${instance}`),
    );
  const truth = world.mailboxes
    .rows()
    .filter(({ rowKey }) => rowKey === "head")
    .map(readHead)
    .filter(({ closed }) => !closed)
    .map(({ session, version, owner }) => `${session} ${version} ${owner.instance}`)
    .sort();
  return { listed, expected: listed.map(() => truth) };
}

const expectConverged = (world: PresenceWorld): void => {
  const { listed, expected } = lists(world);
  expect(listed).toEqual(expected);
};

describe("the client list", () => {
  test("is the same on every instance when sessions come, change, move and go", async () => {
    const world = new PresenceWorld();
    for (const id of ["web-0", "web-1", "web-2"]) world.boot(id);
    await world.beat();
    const ada = await join(world, "web-0", "ada");
    const bob = await join(world, "web-1", "bob");
    await world.settled();
    expectConverged(world);
    expect(
      world
        .at("web-2")
        .roster.list()
        .map(({ user }) => user)
        .sort(),
    ).toEqual(["ada", "bob"]);

    await world.at("web-2").sessions.patch(ada, { mood: "fine" });
    await world.at("web-2").sessions.adopt(bob);
    await world.settled();
    expectConverged(world);
    expect(world.at("web-1").roster.get(ada)?.metadata).toEqual({ mood: "fine" });
    expect(world.at("web-0").roster.get(bob)?.instance).toBe("web-2");
    expect(world.at("web-1").sessions.own(bob)).toBeUndefined();

    await world.at("web-1").sessions.close(ada, "closed");
    await world.settled();
    expectConverged(world);
    expect(world.at("web-2").roster.list()).toHaveLength(1);
  });

  test("loses the sessions of an instance that is lost, once, and keeps those that moved in time", async () => {
    const world = new PresenceWorld();
    for (const id of ["web-0", "web-1", "web-2"]) world.boot(id);
    await world.beat();
    const stays = await join(world, "web-0", "stays");
    const moves = await join(world, "web-0", "moves");
    await world.settled();
    world.kill("web-0");
    await world.at("web-1").sessions.adopt(moves);
    await world.beat();
    await world.beat();
    expectConverged(world);
    expect(
      world
        .at("web-2")
        .roster.list()
        .map(({ session }) => session),
    ).toEqual([moves]);
    expect(readHead(world.mailboxes.peek(stays, "head")!).closed?.reason).toBe("instance-lost");
  });

  test.each(Array.from({ length: 60 }, (_, seed) => seed))("converges after any storm: %i", async (seed) => {
    const random = randomFrom(seed);
    const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
    const world = new PresenceWorld(seed, { lost: 0.2, twice: 0.2, late: 0.3 });
    for (const id of ["web-0", "web-1", "web-2"]) world.boot(id);
    await world.beat();
    const sessions: string[] = [];
    for (let step = 0; step < 60; step += 1) {
      const [id, presence] = pick(world.living())!;
      const session = pick(sessions);
      const dice = random();
      try {
        if (dice < 0.35 || session === undefined) sessions.push(await join(world, id, `user-${step}`));
        else if (dice < 0.6) await presence.sessions.adopt(session);
        else if (dice < 0.7) await presence.sessions.patch(session, { step });
        else if (dice < 0.85) await presence.sessions.close(session, "closed");
        else if (dice < 0.9) world.boot(id);
        else if (dice < 0.93 && world.living().length > 1) world.kill(id);
        else await world.beat();
      } catch {
        // The session had ended, or its instance died in the middle.
      }
    }
    // A killed instance is lost, and what it had is reaped; what restarted reaps its predecessor's.
    for (let beat = 0; beat < 4; beat += 1) await world.beat();
    const { listed, expected } = lists(world);
    expect(listed).toEqual(expected);
  });
});
