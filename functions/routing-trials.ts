import { app } from "@azure/functions";
import { repositoryLimits as limits } from "../shared/routing/repository/limits.ts";
import { dryRunSchema, explainSchema } from "../shared/routing/serving/trials.ts";
import { runtime } from "./app-runtime.ts";
import { door, json } from "./door.ts";
import { readJsonBody } from "./read-body.ts";
import { nameOfTable, readTableText } from "./routing-parameters.ts";

const { trials } = runtime;

/** A table and messages to try it with. */
const maxBytes = limits.maxTableBytes;

/** Whether a table could be stored, and why not. */
app.http("routing-table-validate", {
  methods: ["POST"],
  route: "routing/tables/{table}/validate",
  authLevel: "function",
  handler: door(async (request) =>
    json(200, await trials.validate(nameOfTable(request), await readTableText(request))),
  ),
});

/** Why a message goes where it goes. */
app.http("routing-table-explain", {
  methods: ["POST"],
  route: "routing/tables/{table}/explain",
  authLevel: "function",
  handler: door(async (request) => {
    const body = await readJsonBody(request, explainSchema, maxBytes);
    return json(200, await trials.explain(nameOfTable(request), body));
  }),
});

/** What would change for messages if another table served. */
app.http("routing-table-dry-run", {
  methods: ["POST"],
  route: "routing/tables/{table}/dry-run",
  authLevel: "function",
  handler: door(async (request) => {
    const body = await readJsonBody(request, dryRunSchema, maxBytes);
    return json(200, await trials.dryRun(nameOfTable(request), body));
  }),
});
