import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { ClusterClient } from "../support/cluster-client.ts";
import { expectAgreement, register, send } from "../support/cluster-facts.ts";
import { PresenceCluster } from "../support/presence-cluster.ts";

let cluster: PresenceCluster;

beforeAll(async () => {
  cluster = await PresenceCluster.start(["web-0", "web-1", "web-2"]);
});

beforeEach(() => cluster.revive());

afterEach(() => cluster.points.refuseUnreached());

afterAll(() => cluster[Symbol.asyncDispose]());

/** How often each instance said that a session has gone. */
const told = (session: string) =>
  cluster.lines
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter(({ event, session: of }) => event === "session.left" && of === session)
    .map(({ instance }) => instance);

async function expectLost(session: string): Promise<void> {
  await expectAgreement(cluster);
  const head = (await cluster.heads()).find((one) => one.session === session);
  expect(head?.closed?.reason).toBe("instance-lost");
  const present = cluster.living().filter(({ presence }) => presence.roster.get(session));
  expect(present).toEqual([]);
}

/** A session of web-0 that stays there without a client, and the client of one that will move. */
async function twoSessions() {
  const stays = await register(cluster, "web-0");
  const moves = await register(cluster, "web-0");
  const client = await ClusterClient.open(cluster, moves, "web-0");
  await send(cluster, "web-1", moves, ["1"]);
  await cluster.until(() => expect(client.texts).toEqual(["1"]));
  return { stays, moves, client };
}

describe("an instance that dies again while it boots", () => {
  test("once it has its row, leaves the sessions of both lives to its third", async () => {
    const { stays, moves, client } = await twoSessions();
    cluster.at("web-0").kill();
    const died = cluster.points.arm("registered", { on: "web-0" });
    await cluster.boot("web-0");
    await cluster.untilDead(died);
    await cluster.boot("web-0");
    await cluster.until(() => expectLost(stays));
    await send(cluster, "web-2", moves, ["2"]);
    await cluster.until(() => expect(client.texts).toEqual(["1", "2"]));
    await client.leave();
  });
});

describe("an instance that dies while it reaps another", () => {
  const points: FaultPoint[] = [
    "reap-tick-sent",
    "reap-begun",
    "reap-row-read",
    "reap-head-swapped",
    "reap-row-settled",
    "reap-published",
    "reap-marked",
  ];

  test.each(points)("at %s, ends each of its sessions once, and none that has moved", async (point) => {
    const { stays, moves, client } = await twoSessions();
    cluster.at("web-0").kill();
    const died = cluster.points.arm(point);
    const reaper = await cluster.untilDead(died);
    await cluster.boot(reaper);
    await cluster.until(() => expectLost(stays));
    await send(cluster, "web-2", moves, ["2"]);
    await cluster.until(() => expect(client.texts).toEqual(["1", "2"]));
    const others = ["web-1", "web-2"].filter((id) => id !== reaper);
    for (const other of others) expect(told(stays).filter((instance) => instance === other)).toHaveLength(1);
    await cluster.boot("web-0");
    await cluster.until(() => expectAgreement(cluster));
    await client.leave();
  });
});
