import { app } from "@azure/functions";
import { z } from "zod";
import { operationIdSchema } from "../shared/kernel/names.ts";
import { parseValue } from "../shared/kernel/parse.ts";
import { Problem } from "../shared/kernel/problem.ts";
import { cancelOperation } from "../shared/operation/cancel.ts";
import { hasEnded } from "../shared/operation/header.ts";
import { continuationTokenSchema } from "../shared/operation/history.ts";
import { viewNew, viewOperation } from "../shared/operation/view.ts";
import { runtime } from "./app-runtime.ts";
import { door, json } from "./door.ts";
import { lookAgainSeconds } from "./recycle.ts";

const pageSchema = z.object({
  pageSize: z.coerce.number().int().min(1).max(100).default(20),
  continuationToken: continuationTokenSchema.optional(),
});

app.http("operations", {
  methods: ["GET"],
  route: "operations",
  authLevel: "function",
  handler: door(async ({ query }) => {
    const { pageSize, continuationToken } = parseValue(pageSchema, Object.fromEntries(query), "query");
    const page = await runtime.history.page(pageSize, continuationToken);
    const fleet = await runtime.directory.read();
    const stored = await Promise.all(page.ids.map((id) => runtime.operations.read(id)));
    const operations = stored.filter((one) => one !== undefined).map((one) => viewOperation(one, fleet));
    return json(200, {
      operations,
      ...(page.continuationToken ? { continuationToken: page.continuationToken } : {}),
    });
  }),
});

app.http("operation", {
  methods: ["GET"],
  route: "operations/{id}",
  authLevel: "function",
  handler: door(async ({ params }) => {
    const id = readId(params);
    const stored = await runtime.operations.read(id);
    if (!stored) throw unknown(id);
    const wait: Record<string, string> = hasEnded(stored.header)
      ? {}
      : { "retry-after": String(lookAgainSeconds) };
    return json(200, viewOperation(stored, await runtime.directory.read()), wait);
  }),
});

app.http("operation-cancel", {
  methods: ["POST"],
  route: "operations/{id}/cancel",
  authLevel: "admin",
  handler: door(async ({ params, url }) => {
    const { operations, sendTick, logs } = runtime;
    const header = await cancelOperation({ operations, sendTick, log: logs.operation }, readId(params));
    const location = new URL(`/api/operations/${header.id}`, url).href;
    return json(202, viewNew(header), { location, "retry-after": String(lookAgainSeconds) });
  }),
});

/** What cannot be the id of an operation is the id of none: it never reaches the table. */
function readId(params: Record<string, string>): string {
  const id = params["id"] ?? "";
  if (!operationIdSchema.safeParse(id).success) throw unknown(id);
  return id;
}

const unknown = (id: string): Problem => new Problem("unknown-operation", `There is no operation ${id}`);
