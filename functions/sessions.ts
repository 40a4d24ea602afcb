import { app, type HttpRequest } from "@azure/functions";
import { z } from "zod";
import { nameSchema } from "../shared/kernel/names.ts";
import { parseValue } from "../shared/kernel/parse.ts";
import { Problem } from "../shared/kernel/problem.ts";
import { readHead, type Head } from "../shared/presence/head.ts";
import { viewSession } from "../shared/presence/hub.ts";
import { presenceLimits } from "../shared/presence/limits.ts";
import { metadataSchema, registerBodySchema } from "../shared/presence/registering.ts";
import { usersOf } from "../shared/presence/users.ts";
import { runtime } from "./app-runtime.ts";
import { door, json } from "./door.ts";
import { pageOf, pageQuery } from "./page-query.ts";
import { readJsonBody } from "./read-body.ts";

const { presence, registrar, tokens, directory } = runtime;

const listSchema = z.object({
  view: z.enum(["sessions", "users"]).default("sessions"),
  user: z.string().max(presenceLimits.maxUserNameLength).optional(),
  instance: nameSchema.optional(),
  ...pageQuery,
});

app.http("session-register", {
  methods: ["POST"],
  route: "sessions",
  authLevel: "function",
  handler: door(async (request) => {
    const body = await readJsonBody(request, registerBodySchema);
    const held = request.headers.has("authorization") ? await bearerOf(request) : undefined;
    if (held) {
      const head = await presence.sessions.patch(held.sessionId, body.metadata);
      return json(200, await viewRegistered(head, urlOf(head)));
    }
    const { head, url } = await registrar.register(body, await directory.read());
    return json(201, await viewRegistered(head, url), { location: `${url}/api/sessions/${head.session}` });
  }),
});

app.http("sessions", {
  methods: ["GET"],
  route: "sessions",
  authLevel: "function",
  handler: door(async ({ query }) => {
    const { view, user, instance, pageSize, continuationToken } = parseValue(
      listSchema,
      Object.fromEntries(query),
      "query",
    );
    const listed = presence.roster
      .list()
      .filter(
        (session) =>
          (user === undefined || session.user === user) &&
          (instance === undefined || session.instance === instance),
      );
    if (view === "users") {
      const { page, next } = pageOf(usersOf(listed), ({ userName }) => userName, pageSize, continuationToken);
      return json(200, { users: page, ...next });
    }
    const { page, next } = pageOf(
      listed.map(viewSession),
      ({ sessionId }) => sessionId,
      pageSize,
      continuationToken,
    );
    return json(200, { sessions: page, ...next });
  }),
});

app.http("session", {
  methods: ["GET"],
  route: "sessions/{id}",
  authLevel: "function",
  handler: door(async ({ params }) => {
    const stored = await presence.mailboxes.head(params["id"] ?? "");
    if (!stored) throw new Problem("unknown-session", `There is no session ${params["id"]}`);
    return json(200, viewHead(readHead(stored)));
  }),
});

app.http("session-patch", {
  methods: ["PATCH"],
  route: "sessions/{id}",
  authLevel: "anonymous",
  handler: door(async (request) => {
    const { sessionId } = await ownerOf(request);
    const { metadata } = await readJsonBody(request, z.strictObject({ metadata: metadataSchema }));
    return json(200, viewHead(await presence.sessions.patch(sessionId, metadata)));
  }),
});

app.http("session-delete", {
  methods: ["DELETE"],
  route: "sessions/{id}",
  authLevel: "anonymous",
  handler: door(async (request) => {
    const { sessionId } = await ownerOf(request);
    await presence.sessions.close(sessionId, "closed");
    return { status: 204 };
  }),
});

/** Whose session token the request presents. */
export const bearerOf = (request: HttpRequest) => tokens.verify(request.headers.get("authorization"));

/** Like bearerOf, for a route that names a session: it must be the token's own. */
export async function ownerOf(request: HttpRequest) {
  const bearer = await bearerOf(request);
  if (bearer.sessionId !== request.params["id"])
    throw new Problem("not-yours", "The session token presented is another session's");
  return bearer;
}

const urlOf = ({ owner }: Head): string =>
  presence.lastMembers().find(({ id }) => id === owner.instance)?.url ?? runtime.config.url;

async function viewRegistered(head: Head, url: string) {
  const { session: sessionId, user: userName } = head;
  const token = await tokens.issue({ sessionId, userName });
  return { ...viewHead(head), token, eventsUrl: `${url}/api/sessions/${sessionId}/events` };
}

function viewHead({ session, user, owner, metadata, version, closed, first, next }: Head) {
  return {
    sessionId: session,
    userName: user,
    instanceId: owner.instance,
    metadata,
    version,
    state: closed ? "closed" : "open",
    ...(closed ? { reason: closed.reason, closedAt: closed.at } : {}),
    waiting: next - first,
  };
}
