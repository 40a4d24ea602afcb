import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statesOf } from "../support/operations.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";

let fleet: RecycleFleet;

beforeAll(async () => {
  fleet = await RecycleFleet.start();
});

afterAll(() => fleet[Symbol.asyncDispose]());

const both = { "web-0": "recycled", "web-1": "recycled" };

describe("a driver that stands still while another takes over", () => {
  test.each(["decided", "header-swapped", "notification-sent"] as const)(
    "at %s does no harm when it goes on",
    async (point) => {
      await fleet.faults.armPause(point, "api-0");
      // Which instance drives is for the queue to decide: requests come until the one that is to stand still has taken one.
      let id = "";
      do {
        id = await fleet.api("web-1").begin("web", { instances: ["web-0"] });
        const ended = await fleet.api("web-1").untilEnded(id);
        expect(statesOf(ended)).toEqual({ "web-0": "recycled" });
        await fleet.ready();
      } while (!fleet.faults.isPaused(point, "api-0"));
      const before = await fleet.incarnations("web");

      await fleet.faults.release(point, "api-0");

      expect(await fleet.leftovers()).toEqual([]);
      expect(await fleet.incarnations("web")).toEqual(before);
      for (const count of Object.values(fleet.counts("recycle.acknowledged", id))) expect(count).toBe(1);
    },
  );
});

describe("two operations on one role", () => {
  test("that begin at once go one after the other, each with everybody", async () => {
    const ids = await Promise.all([fleet.api("web-0").begin("web"), fleet.api("api-0").begin("web")]);
    const [first, second] = await Promise.all(ids.map((id) => fleet.api().untilEnded(id)));
    expect([statesOf(first!), statesOf(second!)]).toEqual([both, both]);
    const [earlier, later] = [first!, second!].sort((a, b) => (a.endedAt! < b.endedAt! ? -1 : 1));
    for (const { instance, incarnation } of earlier!.targets) {
      const target = later!.targets.find((other) => other.instance === instance);
      // The later one means the processes that the earlier one has made.
      expect(target?.incarnation).not.toBe(incarnation);
    }
    await fleet.ready();
  });
});

describe("a cancel that races with an acknowledgement", () => {
  test("and comes first keeps the instance, whatever it has read", async () => {
    const before = await fleet.incarnations("web");
    await fleet.faults.armPause("header-read-by-target", "web-0");
    const id = await fleet.api().begin("web", { instances: ["web-0"] });
    await fleet.faults.untilPaused("header-read-by-target", "web-0");
    expect((await fleet.api().cancel(id)).status).toBe(202);
    const ended = await fleet.api().untilEnded(id);
    await fleet.faults.release("header-read-by-target", "web-0");

    expect(ended.state).toBe("cancelled");
    expect(statesOf(ended)).toEqual({ "web-0": "cancelled" });
    const toldSo = ({ event, operation }: { event: string; operation?: unknown }) =>
      event === "recycle.answered-for-us" && operation === id;
    await fleet.world.events.until(toldSo);
    expect(await fleet.incarnations("web")).toEqual(before);
  });

  test("and comes second lets the instance finish", async () => {
    await fleet.faults.armPause("acknowledged", "web-0");
    const id = await fleet.api().begin("web", { maxUnavailable: 1 });
    await fleet.faults.untilPaused("acknowledged", "web-0");
    expect((await fleet.api().cancel(id)).status).toBe(202);
    await fleet.faults.release("acknowledged", "web-0");
    const ended = await fleet.api().untilEnded(id);
    expect(ended.state).toBe("cancelled");
    expect(statesOf(ended)).toEqual({ "web-0": "recycled", "web-1": "cancelled" });
    await fleet.ready();
  });
});

describe("the queue", () => {
  test("that loses the tick of a running operation does not stop it", async () => {
    await fleet.faults.armPause("header-read-by-target", "web-0");
    const id = await fleet.api().begin("web", { instances: ["web-0"] });
    await fleet.faults.untilPaused("header-read-by-target", "web-0");
    const resumed = fleet.world.events.next(
      ({ event, operation }) => event === "operation.resumed" && operation === id,
    );
    await fleet.loseTicks(id, resumed);
    await fleet.faults.release("header-read-by-target", "web-0");
    expect(statesOf(await fleet.api().untilEnded(id))).toEqual({ "web-0": "recycled" });
    await fleet.ready();
  });

  test("holds nothing of all this in the end, and neither does the table", async () => {
    expect(await fleet.leftovers()).toEqual([]);
  });
});
