import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { ClusterClient } from "../support/cluster-client.ts";
import { expectAgreement, register, send } from "../support/cluster-facts.ts";
import { PresenceCluster } from "../support/presence-cluster.ts";

/** What an owner does when it has swapped the head. */
const following: FaultPoint[] = ["session-row-written", "session-published", "tail-raised"];

let cluster: PresenceCluster;

beforeAll(async () => {
  cluster = await PresenceCluster.start(["web-0", "web-1"]);
});

beforeEach(() => cluster.revive());

afterEach(() => cluster.points.refuseUnreached());

afterAll(() => cluster[Symbol.asyncDispose]());

/** Boots what died, lets the others go on, and waits until all agree. */
async function recover(instance: string): Promise<void> {
  await cluster.boot(instance);
  await cluster.until(() => expectAgreement(cluster));
}

describe("an instance that dies while a session is registered on it", () => {
  const points: FaultPoint[] = ["session-row-opening", "session-head-written", ...following];

  test.each(points)("at %s leaves no list that differs from the heads", async (point) => {
    const died = cluster.points.arm(point, { on: "web-0" });
    await register(cluster, "web-0");
    await cluster.untilDead(died);
    await register(cluster, "web-1");
    await expect(recover("web-0")).resolves.toBeUndefined();
  });

  test("before the register message reaches it serves the session in its next life", async () => {
    cluster.at("web-0").kill();
    const members = await cluster.at("web-1").directory.read();
    const registering = { userName: "ada", metadata: {}, instance: "web-0" };
    const head = await cluster.run("web-1", ({ registrar }) => registrar.register(registering, members));
    expect(head).toMatchObject({ head: { owner: { instance: "web-0" } } });
    await recover("web-0");
  });
});

describe("a session that is opened on an instance which dies", () => {
  const points: FaultPoint[] = [
    "adopt-head-read",
    "session-row-opening",
    "adopt-incarnation-checked",
    "session-head-written",
    ...following,
  ];

  test.each(points)("at %s goes on elsewhere, each message once and in order", async (point) => {
    const session = await register(cluster, "web-0");
    const client = await ClusterClient.open(cluster, session, "web-0");
    await send(cluster, "web-0", session, ["1", "2"]);
    const died = cluster.points.arm(point, { on: "web-1" });
    client.move("web-1");
    await send(cluster, "web-0", session, ["3", "4"]);
    await cluster.untilDead(died);
    await send(cluster, "web-0", session, ["5"]);
    await recover("web-1");
    await send(cluster, "web-1", session, ["6"]);
    await cluster.until(() => expect(client.texts).toEqual(["1", "2", "3", "4", "5", "6"]));
    await client.leave();
  });

  const lastPoints: FaultPoint[] = ["session-row-opening", "session-head-written"];

  test.each(lastPoints)("at %s, its own next life, is taken by the life after that", async (point) => {
    const session = await register(cluster, "web-1");
    const client = await ClusterClient.open(cluster, session, "web-1");
    await send(cluster, "web-0", session, ["1"]);
    client.stay(true);
    const died = cluster.points.arm(point, { on: "web-1" });
    await cluster.boot("web-1");
    await cluster.untilDead(died);
    client.stay(false);
    await send(cluster, "web-0", session, ["2"]);
    await recover("web-1");
    await cluster.until(() => expect(client.texts).toEqual(["1", "2"]));
    await client.leave();
  });
});

describe("a session whose new owner dies and whose client does not come back", () => {
  const points: FaultPoint[] = ["session-row-opening", "session-head-written", "session-row-written"];

  test.each(points)("at %s, ends everywhere", async (point) => {
    const session = await register(cluster, "web-0");
    const died = cluster.points.arm(point, { on: "web-1" });
    await cluster.run("web-1", ({ presence }) => presence.sessions.adopt(session));
    await cluster.untilDead(died);
    await recover("web-1");
    await cluster.until(async () => {
      const head = (await cluster.heads()).find((one) => one.session === session);
      expect(head?.closed?.reason).toBe(point === "session-row-opening" ? "expired" : "instance-lost");
      await expectAgreement(cluster);
    });
  });
});

describe("the former owner of a session, dying", () => {
  const points: FaultPoint[] = [
    "old-owner-noticed",
    "old-owner-row-removed",
    "session-published",
    "tail-raised",
  ];

  test.each(points)("at %s takes nothing from the session that has moved", async (point) => {
    const session = await register(cluster, "web-0");
    const client = await ClusterClient.open(cluster, session, "web-0");
    await cluster.until(() => expectAgreement(cluster));
    await send(cluster, "web-0", session, ["1"]);
    const died = cluster.points.arm(point, { on: "web-0" });
    client.move("web-1");
    await send(cluster, "web-0", session, ["2"]);
    await cluster.untilDead(died);
    await recover("web-0");
    await send(cluster, "web-0", session, ["3"]);
    await cluster.until(() => expect(client.texts).toEqual(["1", "2", "3"]));
    await client.leave();
  });
});

describe("an instance that dies while a session ends", () => {
  const cases: [FaultPoint, string][] = [
    ["close-head-swapped", "web-0"],
    ["close-head-swapped", "web-1"],
    ...following.map((point): [FaultPoint, string] => [point, "web-0"]),
  ];

  test.each(cases)("at %s on %s leaves it ended everywhere", async (point, dies) => {
    const session = await register(cluster, "web-0");
    const client = await ClusterClient.open(cluster, session, "web-0");
    await send(cluster, "web-0", session, ["1", "2"]);
    await cluster.until(() => expectAgreement(cluster));
    const died = cluster.points.arm(point, { on: dies });
    const closer = point === "close-head-swapped" ? dies : "web-1";
    await cluster.run(closer, ({ presence }) => presence.sessions.close(session, "closed"));
    await cluster.untilDead(died);
    await recover(dies);
    await cluster.until(() => expect(client.reason).toBe("closed"));
    expect(client.texts).toEqual(["1", "2"]);
  });
});

describe("an instance that dies while a session changes", () => {
  const cases: [FaultPoint, string][] = [
    ["patch-head-swapped", "web-0"],
    ["patch-head-swapped", "web-1"],
    ...following.map((point): [FaultPoint, string] => [point, "web-0"]),
  ];

  test.each(cases)("at %s on %s leaves the same everywhere", async (point, dies) => {
    const session = await register(cluster, "web-0");
    const client = await ClusterClient.open(cluster, session, "web-0");
    await cluster.until(() => expectAgreement(cluster));
    const died = cluster.points.arm(point, { on: dies });
    const changer = point === "patch-head-swapped" ? dies : "web-1";
    await cluster.run(changer, ({ presence }) => presence.sessions.patch(session, { mood: "fine" }));
    await cluster.untilDead(died);
    await recover(dies);
    for (const { presence } of cluster.living())
      expect(presence.roster.get(session)?.metadata).toEqual({ mood: "fine" });
    await client.leave();
  });
});
