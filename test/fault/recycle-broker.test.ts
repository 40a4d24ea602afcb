import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { statesOf } from "../support/operations.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";

let fleet: RecycleFleet;

beforeAll(async () => {
  fleet = await RecycleFleet.start({ instances: "web-0,api-0" });
});

afterAll(() => fleet[Symbol.asyncDispose]());

const recycled = { "web-0": "recycled" };

function broker() {
  const { broker: embedded } = fleet.world.fleet;
  if (!embedded) throw new Error("These tests need the fleet's own broker");
  return embedded;
}

describe("a recycle while the broker fails", () => {
  test("that restarts in the middle is finished when the broker is back", async () => {
    await fleet.faults.armPause("acknowledged", "web-0");
    const id = await fleet.api().begin("web");
    await fleet.faults.untilPaused("acknowledged", "web-0");
    await broker().stop();
    await fleet.faults.release("acknowledged", "web-0");
    await broker().start();
    const ended = await fleet.api().untilEnded(id, 90_000);
    expect([ended.state, statesOf(ended)]).toEqual(["succeeded", recycled]);
    expect(fleet.counts("recycle.acknowledged", id)).toEqual({ "web-0": 1 });
    await fleet.ready();
  }, 120_000);

  test("that drops every connection again and again is finished all the same", async () => {
    let drops = 0;
    const dropping = setInterval(() => {
      broker().dropConnections();
      drops += 1;
      if (drops === 10) clearInterval(dropping);
    }, 600);
    try {
      const id = await fleet.api().begin("web", { maxUnavailable: 1 }, randomUUID());
      const ended = await fleet.api().untilEnded(id, 90_000);
      expect([ended.state, statesOf(ended)]).toEqual(["succeeded", recycled]);
      expect(fleet.counts("recycle.acknowledged", id)).toEqual({ "web-0": 1 });
      expect(drops).toBeGreaterThan(3);
    } finally {
      clearInterval(dropping);
    }
    await fleet.ready();
  }, 120_000);

  test("that is away is told by readiness, refused as not available, and begins nothing", async () => {
    await broker().stop();
    await eventually(async () => (await fleet.api().get("/health/ready")).status === 503, {
      withinMs: 30_000,
    });
    const answer = await fleet.api().recycle("web");
    await broker().start();
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await answer.json()).toMatchObject({ type: "urn:interrole:problem:unavailable" });
    await fleet.ready();
    expect(await fleet.openRows()).toEqual([]);
  }, 120_000);
});
