import { app, type HttpResponseInit } from "@azure/functions";
import { z } from "zod";
import { parseValue } from "../shared/kernel/parse.ts";
import { answerIds } from "../shared/routing/decision/reply.ts";
import type { Routed } from "../shared/routing/decision/router.ts";
import { viewDecision, viewMessage } from "../shared/routing/decision/view.ts";
import { routingLimits as limits } from "../shared/routing/limits.ts";
import { runtime } from "./app-runtime.ts";
import { door, json } from "./door.ts";
import { readBytes, readJsonBody } from "./read-body.ts";

const { router, replayer, tables } = runtime;

app.http("router-message", {
  methods: ["POST"],
  route: "router/{inbound}",
  authLevel: "function",
  handler: door(async (request) => {
    const body = await readBytes(request, limits.maxBodyBytes);
    const { url, headers, params } = request;
    return answer(await router.post({ inbound: params["inbound"] ?? "", url, headers, body }), url);
  }),
});

app.http("router-message-view", {
  methods: ["GET"],
  route: "router/messages/{id}",
  authLevel: "function",
  handler: door(async ({ params }) =>
    json(200, await viewMessage(tables.routedMessages, params["id"] ?? "")),
  ),
});

const listSchema = z.object({
  pageSize: z.coerce.number().int().min(1).max(100).default(50),
  continuationToken: z
    .string()
    .regex(/^\d{0,19}$/, { error: "must be the continuationToken of the page before" })
    .default(""),
});

app.http("router-unmatched", {
  methods: ["GET"],
  route: "router/unmatched",
  authLevel: "function",
  handler: door(async ({ query }) => {
    const { pageSize, continuationToken } = parseValue(listSchema, Object.fromEntries(query), "query");
    return json(200, await replayer.list(pageSize, continuationToken));
  }),
});

const replaySchema = z.strictObject({
  limit: z.int().min(1).max(1_000).default(100),
  inbound: z.string().min(1).max(limits.maxNameLength).optional(),
  dryRun: z.boolean().default(false),
});

app.http("router-unmatched-replay", {
  methods: ["POST"],
  route: "router/unmatched/replay",
  authLevel: "admin",
  handler: door(async (request) => {
    const { dryRun, ...options } = await readJsonBody(request, replaySchema);
    return json(200, dryRun ? await replayer.foretell(options) : await replayer.replay(options));
  }),
});

/** The service's own answer, or that the message is kept and where it can be looked up. */
function answer(routed: Routed, url: string): HttpResponseInit {
  const ids = answerIds(routed);
  if (routed.kind !== "answered") {
    const { branches } = routed.decision;
    return json(
      202,
      {
        ...viewDecision(routed.decision),
        branches: branches.map(({ id, endpoint }) => ({ branchId: id, endpoint })),
      },
      { ...ids, location: new URL(`/api/router/messages/${routed.decision.id}`, url).href },
    );
  }
  const { status, headers, body, contentType } = routed.answer;
  const { "content-length": _length, ...rest } = headers;
  return {
    status,
    headers: { ...rest, ...(contentType === undefined ? {} : { "content-type": contentType }), ...ids },
    body,
  };
}
