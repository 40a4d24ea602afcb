import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FleetEvent } from "../../local/fleet/event.ts";
import { eventually } from "../support/eventually.ts";
import { statesOf } from "../support/operations.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";
import { startTwin } from "../support/twin.ts";

let fleet: RecycleFleet;

beforeAll(async () => {
  fleet = await RecycleFleet.start();
});

afterAll(() => fleet[Symbol.asyncDispose]());

const is =
  (event: string, instance: string) =>
  (told: FleetEvent): boolean =>
    told.event === event && told.instance === instance;

describe("kill -9 of the host that took the request", () => {
  // What the fleet tells while a rolling recycle goes on; the kill comes right after each.
  const moments: [event: string, instance: string][] = [
    ["instance.draining", "web-0"],
    ["instance.ready", "web-0"],
    ["recycle.acknowledged", "web-1"],
  ];

  test.each(moments)("at %s of %s leaves a rolling recycle to another", async (event, instance) => {
    const moment = fleet.world.events.next(is(event, instance));
    const id = await fleet.api("api-0").begin("web", { maxUnavailable: 1 });
    await moment;
    fleet.world.fleet.kill("api-0", "host");
    const ended = await fleet.api("api-0").untilEnded(id);
    expect(ended.state).toBe("succeeded");
    expect(statesOf(ended)).toEqual({ "web-0": "recycled", "web-1": "recycled" });
    expect(fleet.counts("recycle.acknowledged", id)).toEqual({ "web-0": 1, "web-1": 1 });
    await fleet.ready();
  });
});

describe("a driver that dies in the middle of a rolling recycle", () => {
  test("is replaced by another", async () => {
    await fleet.faults.armKill("header-swapped");
    const id = await fleet.api().begin("web", { maxUnavailable: 1 }, randomUUID());
    await fleet.faults.untilKilled("header-swapped");
    const ended = await fleet.api().untilEnded(id);
    expect(ended.state).toBe("succeeded");
    expect(statesOf(ended)).toEqual({ "web-0": "recycled", "web-1": "recycled" });
    await fleet.ready();
  });
});

describe("an instance that cannot answer", () => {
  test("is given up on, and stays when it finds out later what it was asked", async () => {
    const before = await fleet.incarnations("web");
    fleet.world.fleet.kill("web-1", "worker", "SIGSTOP");
    const id = await fleet.api().begin("web", { deliveryTimeout: 2 });
    const ended = await fleet.api().untilEnded(id);
    expect(ended.state).toBe("failed");
    expect(statesOf(ended)).toEqual({ "web-0": "recycled", "web-1": "timed-out" });
    expect(ended.targets.find(({ instance }) => instance === "web-1")).toMatchObject({ phase: "delivery" });
    expect(await fleet.states("web")).toMatchObject({ "web-1": "lost" });

    const told = fleet.world.events.next(is("recycle.not-meant", "web-1"));
    fleet.world.fleet.kill("web-1", "worker", "SIGCONT");
    await told;
    await fleet.ready();
    expect((await fleet.incarnations("web"))["web-1"]).toBe(before["web-1"]);
  });
});

describe("a twin with the same instance id", () => {
  test("takes over, is the one that recycles, and the id goes back when it is gone", async () => {
    const passive = fleet.world.events.next(is("instance.passive", "web-1"));
    await using twin = await startTwin(fleet, "web-1");
    await passive;
    const refused = await fleet.api("web-1").get("/roles");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);

    const before = await fleet.incarnations("web");
    const ended = await fleet.api().untilEnded(await fleet.api().begin("web"));
    expect(statesOf(ended)).toEqual({ "web-0": "recycled", "web-1": "recycled" });
    const after = await fleet.incarnations("web");
    expect(after["web-1"]).not.toBe(before["web-1"]);
    // While the twin was away in between, the other may have taken the id back; one of them has it, and not both.
    await eventually(async () => {
      const answers = await Promise.all(
        [twin.url, fleet.world.fleet.instance("web-1").url].map((url) => fetch(`${url}/api/health/ready`)),
      );
      expect(answers.map(({ status }) => status).sort((x, y) => x - y)).toEqual([200, 503]);
    });

    await twin.kill();
    await fleet.ready();
    expect(await fleet.states("web")).toMatchObject({ "web-1": "ready" });
  });

  // A message that a killed host had locked is still on the queue until its lock runs out: it is looked at elsewhere.
  test("leaves no claim and no open operation behind", async () => {
    expect(await fleet.openRows()).toEqual([]);
  });
});
