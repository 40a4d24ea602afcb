import { app } from "@azure/functions";
import { Problem } from "../shared/kernel/problem.ts";
import type { InstanceView } from "../shared/fleet/directory.ts";
import { forgetInstance } from "../shared/fleet/forget.ts";
import { viewTables } from "../shared/routing/serving/serving-view.ts";
import { runtime } from "./app-runtime.ts";
import { door, json } from "./door.ts";

app.http("roles", {
  methods: ["GET"],
  route: "roles",
  authLevel: "function",
  handler: door(async () => json(200, { roles: byRole(await runtime.directory.read()) })),
});

app.http("role-instances", {
  methods: ["GET"],
  route: "roles/{role}/instances",
  authLevel: "function",
  handler: door(async ({ params }) => {
    const role = params["role"] ?? "";
    const instances = (await runtime.directory.read()).filter((instance) => instance.role === role);
    if (instances.length === 0)
      throw new Problem("unknown-role", `No instance has ever registered in role "${role}"`);
    return json(200, { role, instances: instances.map(toApi) });
  }),
});

/** Takes an instance that is gone for good off the list. */
app.http("role-instance-delete", {
  methods: ["DELETE"],
  route: "roles/{role}/instances/{id}",
  authLevel: "admin",
  handler: door(async ({ params }) => {
    const fleet = await runtime.directory.read();
    const instance = fleet.find(({ role, id }) => role === params["role"] && id === params["id"]);
    await forgetInstance(runtime.tables.instances, instance);
    runtime.logs.fleet.forgotten(instance?.id ?? "");
    return { status: 204 };
  }),
});

function byRole(fleet: InstanceView[]) {
  const names = [...new Set(fleet.map(({ role }) => role))];
  return names.map((role) => ({
    role,
    instances: fleet.filter((instance) => instance.role === role).map(toApi),
  }));
}

function toApi({ id, role, url, state, incarnation, epoch, lastSeen, tables }: InstanceView) {
  return { id, role, url, state, incarnation, epoch, lastSeen, tables: viewTables(tables) };
}
