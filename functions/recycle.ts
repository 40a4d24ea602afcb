import { randomUUID } from "node:crypto";
import { app, type HttpRequest } from "@azure/functions";
import { parseValue } from "../shared/kernel/parse.ts";
import { acceptRequest } from "../shared/operation/accept.ts";
import { keySchema, recycleBodySchema, roleAddressSchema } from "../shared/operation/message.ts";
import { viewNew, viewPlan } from "../shared/operation/view.ts";
import { runtime } from "./app-runtime.ts";
import { door, json } from "./door.ts";
import { readJsonBody } from "./read-body.ts";

/** Who asks when the request does not say. */
const defaultFrom = "http";

/** When it makes sense to look at the operation, in seconds. */
export const lookAgainSeconds = 1;

app.http("recycle", {
  methods: ["POST"],
  route: "roles/{role}/recycle",
  authLevel: "admin",
  handler: door(async (request) => {
    const role = parseValue(roleAddressSchema, request.params["role"], "role");
    const body = await readJsonBody(request, recycleBodySchema);
    const submission = { role, key: readKey(request), body: { ...body, from: body.from ?? defaultFrom } };
    if (body.dryRun) {
      const plan = await runtime.submissions.plan(submission);
      return json(200, viewPlan(plan.request, plan.targets));
    }
    const header = await acceptRequest(runtime, submission);
    const location = new URL(`/api/operations/${header.id}`, request.url).href;
    return json(202, viewNew(header), { location, "retry-after": String(lookAgainSeconds) });
  }),
});

/** Without a key every request is a new one. */
function readKey(request: HttpRequest): string {
  const key = request.headers.get("idempotency-key");
  return key === null ? randomUUID() : parseValue(keySchema, key, "Idempotency-Key");
}
