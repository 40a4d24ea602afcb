import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RecycleFleet } from "../support/recycle-fleet.ts";

test("the example controller, switched on by an instance's settings file, has the other role recycled", async () => {
  await using fleet = await RecycleFleet.start({ instances: "web-0,api-0" });
  const { fleet: supervisor, events } = fleet.world;
  const before = { web: supervisor.instance("web-0"), api: supervisor.instance("api-0") };
  const notified = events.next(({ event, instance }) => event === "recycle.notified" && instance === "web-0");

  const everySecond = { EXAMPLE_CONTROLLER_SCHEDULE: "* * * * * *", EXAMPLE_CONTROLLER_TARGET: "web" };
  await writeFile(join(supervisor.stateDir, "api-0.settings.json"), JSON.stringify(everySecond));

  expect(await notified).toMatchObject({ from: "api/example-controller", roles: ["web"], tag: "example" });
  await events.until(
    ({ event, instance, pid }) =>
      event === "instance.ready" && instance === "web-0" && pid !== before.web.workerPid,
  );
  expect(supervisor.instance("api-0").hostPid).not.toBe(before.api.hostPid);
  expect(supervisor.instance("web-0").hostPid).toBe(before.web.hostPid);
});
