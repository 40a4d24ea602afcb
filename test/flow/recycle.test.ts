import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { operationViewSchema, planViewSchema } from "../../shared/operation/view.ts";
import { eventually } from "../support/eventually.ts";
import { statesOf } from "../support/operations.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";
import { SlowRequest } from "../support/slow-request.ts";

let fleet: RecycleFleet;

beforeAll(async () => {
  fleet = await RecycleFleet.start();
});

afterAll(() => fleet[Symbol.asyncDispose]());

const pageSchema = z.object({ continuationToken: z.string() });
const listSchema = z.object({ operations: z.array(z.object({ id: z.string(), state: z.string() })) });
const both = { "web-0": "recycled", "web-1": "recycled" };
const pids = () =>
  Object.fromEntries(fleet.world.fleet.instances.map(({ id, workerPid }) => [id, workerPid]));

async function endedOperations(): Promise<string[]> {
  const { operations } = listSchema.parse(await (await fleet.api().get("/operations")).json());
  return operations.filter(({ state }) => state === "succeeded").map(({ id }) => id);
}

/** Each of these instances, and no other, was told once or more who asks, for which role, with tag and data. */
function expectTold(id: string, instances: string[]): void {
  const told = fleet.world.events.all.filter(
    ({ event, operation }) => event === "recycle.notified" && operation === id,
  );
  expect(new Set(told.map(({ instance }) => instance))).toEqual(new Set(instances));
  for (const line of told) {
    expect(line).toMatchObject({ from: "ops", roles: ["web"], tag: "release-7", data: '{"build":42}' });
  }
}

describe("POST /api/roles/web/recycle", () => {
  test("recycles every instance of the role, leaves the others alone, and is followed at its Location", async () => {
    const [webBefore, apiBefore, pidsBefore] = [
      await fleet.incarnations("web"),
      await fleet.incarnations("api"),
      pids(),
    ];
    const answer = await fleet.api().recycle("web", { from: "ops", tag: "release-7", data: { build: 42 } });
    expect(answer.status).toBe(202);
    expect(answer.headers.get("retry-after")).toBe("1");
    const { id } = operationViewSchema.parse(await answer.json());
    const location = answer.headers.get("location") ?? "";
    expect(location).toBe(`${fleet.world.fleet.instance("api-0").url}/api/operations/${id}`);
    // Any instance tells the same.
    const ended = await fleet.api("web-1").untilEnded(id);
    expect(ended).toMatchObject({ state: "succeeded", from: "ops", tag: "release-7", data: { build: 42 } });
    expect(statesOf(ended)).toEqual(both);
    expect(operationViewSchema.parse(await (await fetch(location)).json())).toEqual(ended);
    expectTold(id, ["web-0", "web-1"]);

    await fleet.ready();
    const [webAfter, pidsAfter] = [await fleet.incarnations("web"), pids()];
    for (const instance of ["web-0", "web-1"]) {
      expect(webAfter[instance]).not.toBe(webBefore[instance]);
      expect(pidsAfter[instance]).not.toBe(pidsBefore[instance]);
    }
    expect(await fleet.incarnations("api")).toEqual(apiBefore);
    expect(pidsAfter["api-0"]).toBe(pidsBefore["api-0"]);
    expect(await fleet.leftovers()).toEqual([]);
  });

  test("with a key that was used before begins nothing, whoever is asked", async () => {
    const key = randomUUID();
    const body = { instances: ["web-0"] };
    const id = await fleet.api().begin("web", body, key);
    await fleet.api().untilEnded(id);
    await fleet.ready();
    const before = await fleet.incarnations("web");
    const [here, there] = [
      await fleet.api().recycle("web", body, key),
      await fleet.api("web-0").recycle("web", body, key),
    ];
    for (const answer of [here, there]) {
      expect(answer.status).toBe(202);
      expect(operationViewSchema.parse(await answer.json())).toMatchObject({ id, state: "succeeded" });
    }
    const other = await fleet.api().recycle("web", { tag: "another" }, key);
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ type: "urn:interrole:problem:key-reused" });
    expect(await fleet.leftovers()).toEqual([]);
    expect(await fleet.incarnations("web")).toEqual(before);
  });

  test("ten times at once with one key begins one operation", async () => {
    const key = randomUUID();
    const doors = ["api-0", "web-0", "web-1"];
    const body = { instances: ["web-0"] };
    const ids = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        fleet.api(doors[index % doors.length]).begin("web", body, key),
      ),
    );
    expect(new Set(ids).size).toBe(1);
    expect(statesOf(await fleet.api().untilEnded(ids[0]!))).toEqual({ "web-0": "recycled" });
    expect(fleet.counts("recycle.acknowledged", ids[0]!)).toEqual({ "web-0": 1 });
    await fleet.ready();
  });

  test("with dryRun tells who would go, in which wave, and does nothing", async () => {
    const before = await fleet.incarnations("web");
    const answer = await fleet.api().recycle("web", { dryRun: true, maxUnavailable: "50%" });
    expect(answer.status).toBe(200);
    const { targets } = planViewSchema.parse(await answer.json());
    expect(targets.map(({ instance, wave }) => [instance, wave])).toEqual([
      ["web-0", 1],
      ["web-1", 2],
    ]);
    expect(await fleet.leftovers()).toEqual([]);
    expect(await fleet.incarnations("web")).toEqual(before);
  });

  test("of one instance leaves the rest of its role alone", async () => {
    const before = await fleet.incarnations("web");
    const ended = await fleet.api().untilEnded(await fleet.api().begin("web", { instances: ["web-1"] }));
    expect(statesOf(ended)).toEqual({ "web-1": "recycled" });
    await fleet.ready();
    expect((await fleet.incarnations("web"))["web-0"]).toBe(before["web-0"]);
  });

  test("with maxUnavailable 1 goes through the role one by one", async () => {
    const id = await fleet.api().begin("web", { maxUnavailable: 1 });
    // Whenever one looks, at most one of them is on its way.
    const ended = await fleet.api().until(id, ({ state, targets }) => {
      const away = targets.filter((target) => target.state === "delivered" || target.state === "draining");
      expect(away.length).toBeLessThanOrEqual(1);
      return state === "succeeded";
    });
    expect(statesOf(ended)).toEqual(both);
    expect(ended.targets.map(({ instance, wave }) => [instance, wave])).toEqual([
      ["web-0", 1],
      ["web-1", 2],
    ]);
    await fleet.ready();
  });

  test("lets a request in flight finish before its instance ends", async () => {
    await using slow = await SlowRequest.begin(
      `${fleet.world.fleet.instance("web-0").url}/api/roles/web/recycle`,
    );
    const draining = fleet.world.events.next(
      ({ event, instance }) => event === "instance.draining" && instance === "web-0",
    );
    const id = await fleet.api().begin("web", { instances: ["web-0"] });
    await draining;
    expect((await fleet.api("web-0").get("/roles")).status).toBe(503);
    expect(await slow.finish('{"dryRun": true}')).toBe(200);
    expect(statesOf(await fleet.api().untilEnded(id))).toEqual({ "web-0": "recycled" });
    await fleet.ready();
  });
});

describe("POST /api/roles/*/recycle", () => {
  test("recycles several roles, or all of them", async () => {
    const some = await fleet.api().untilEnded(await fleet.api().begin("*", { roles: ["api"] }));
    expect(statesOf(some)).toEqual({ "api-0": "recycled" });
    await fleet.ready();
    const all = await fleet.api().untilEnded(await fleet.api().begin("*"));
    expect(statesOf(all)).toEqual({ ...both, "api-0": "recycled" });
    await fleet.ready();
  });
});

describe("an operation", () => {
  test("is listed, newest first, page by page", async () => {
    const newest = await fleet.api().begin("web", { instances: ["web-0"] });
    const first = await (await fleet.api().get("/operations?pageSize=1")).json();
    expect(first).toMatchObject({ operations: [{ id: newest }], continuationToken: expect.any(String) });
    const token = encodeURIComponent(pageSchema.parse(first).continuationToken);
    const second = await (await fleet.api().get(`/operations?pageSize=1&continuationToken=${token}`)).json();
    expect(second).toMatchObject({ operations: [{ id: expect.not.stringMatching(newest) }] });
    await fleet.api().untilEnded(newest);
    await fleet.ready();
  });

  test("that has ended cannot be cancelled, and one that never was cannot be found", async () => {
    const [id = ""] = await endedOperations();
    const late = await fleet.api().cancel(id);
    expect([late.status, await late.json()]).toMatchObject([
      409,
      { type: "urn:interrole:problem:operation-ended" },
    ]);
    for (const answer of [
      await fleet.api().cancel("nothing"),
      await fleet.api().get("/operations/nothing"),
    ]) {
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ type: "urn:interrole:problem:unknown-operation" });
    }
  });
});

describe("every instance", () => {
  test.each(["web-0", "web-1", "api-0"])("tells roles, instances and health: %s", async (instance) => {
    const api = fleet.api(instance);
    await eventually(async () => {
      const body = await (await api.get("/roles")).json();
      expect(body).toMatchObject({
        roles: [
          { role: "api", instances: [{ id: "api-0", state: "ready" }] },
          {
            role: "web",
            instances: [
              { id: "web-0", state: "ready" },
              { id: "web-1", state: "ready" },
            ],
          },
        ],
      });
    });
    const web = await (await api.get("/roles/web/instances")).json();
    expect(web).toMatchObject({
      role: "web",
      instances: [
        { id: "web-0", url: fleet.world.fleet.instance("web-0").url, incarnation: expect.any(String) },
        { id: "web-1", epoch: expect.any(Number), lastSeen: expect.any(String) },
      ],
    });
    for (const path of ["/health/live", "/health/ready"]) {
      const answer = await api.get(path);
      expect([answer.status, await answer.json()]).toMatchObject([200, { instance }]);
    }
  });
});
