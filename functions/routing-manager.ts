import { app, type HttpRequest } from "@azure/functions";
import { z } from "zod";
import { nameSchema } from "../shared/kernel/names.ts";
import { parseValue } from "../shared/kernel/parse.ts";
import { keySchema } from "../shared/operation/message.ts";
import { every } from "../shared/routing/repository/command.ts";
import { repositoryLimits as limits } from "../shared/routing/repository/limits.ts";
import type { Addressing } from "../shared/routing/serving/routing-manager.ts";
import { viewGiven, viewServing } from "../shared/routing/serving/serving-view.ts";
import { tableNameSchema, tableSchema } from "../shared/routing/table.ts";
import { runtime } from "./app-runtime.ts";
import { door, json } from "./door.ts";
import { readJsonBody } from "./read-body.ts";
import { whoSchema } from "./routing-parameters.ts";

const { routingManager, directory } = runtime;

const nameOrEvery = z.union([z.literal(every), nameSchema]).default(every);

/** Whom: an application is a role, a machine is an instance of it, and `*` stands for all. */
const whom = { application: nameOrEvery, machine: nameOrEvery };
const commandSchema = z.strictObject({
  ...whom,
  from: whoSchema.shape.from,
  table: tableNameSchema.optional(),
});
const setSchema = z.strictObject({ ...whom, from: whoSchema.shape.from, table: tableSchema });

/** Has instances load the version that is active now. */
app.http("routing-manager-refresh", {
  methods: ["POST"],
  route: "routing/manager/refresh",
  authLevel: "admin",
  handler: door(async (request) => {
    const body = await readJsonBody(request, commandSchema);
    return json(202, viewGiven(await routingManager.refresh(addressing(request, body), body.table)));
  }),
});

/** Has instances serve the given table, which is not stored as a version. */
app.http("routing-manager-set", {
  methods: ["POST"],
  route: "routing/manager/set",
  authLevel: "admin",
  handler: door(async (request) => {
    const body = await readJsonBody(request, setSchema, limits.maxTableBytes);
    return json(202, viewGiven(await routingManager.set(addressing(request, body), body.table)));
  }),
});

/** Has instances serve the table that they booted with. */
app.http("routing-manager-reset", {
  methods: ["POST"],
  route: "routing/manager/reset",
  authLevel: "admin",
  handler: door(async (request) => {
    const body = await readJsonBody(request, commandSchema);
    return json(202, viewGiven(await routingManager.reset(addressing(request, body), body.table)));
  }),
});

const statusSchema = z.object(whom);

/** Which version each instance serves. */
app.http("routing-manager-status", {
  methods: ["GET"],
  route: "routing/manager/status",
  authLevel: "function",
  handler: door(async ({ query }) => {
    const asked = parseValue(statusSchema, Object.fromEntries(query), "query");
    return json(200, { instances: viewServing(await directory.read(), asked) });
  }),
});

function addressing(
  request: HttpRequest,
  { application, machine, from }: { application: string; machine: string; from: string },
): Addressing {
  const key = request.headers.get("idempotency-key");
  return {
    application,
    machine,
    by: from,
    key: key === null ? undefined : parseValue(keySchema, key, "Idempotency-Key"),
  };
}
