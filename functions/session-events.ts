import { app, type HttpRequest } from "@azure/functions";
import { z } from "zod";
import { parseValue } from "../shared/kernel/parse.ts";
import { Problem } from "../shared/kernel/problem.ts";
import { cursorSchema, type Cursor } from "../shared/presence/cursor.ts";
import { readHead, type Head } from "../shared/presence/head.ts";
import { runtime } from "./app-runtime.ts";
import { door } from "./door.ts";
import { readJsonBody } from "./read-body.ts";
import { ownerOf } from "./sessions.ts";

const { presence } = runtime;

const streamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // Proxies that buffer would hold events back.
  "x-accel-buffering": "no",
};

/** The session's events; opening them here moves the session here. A session that has ended gives what waited for it, then the reason. */
app.http("session-events", {
  methods: ["GET"],
  route: "sessions/{id}/events",
  authLevel: "anonymous",
  handler: door(async (request) => {
    const { sessionId } = await ownerOf(request);
    const stored = await presence.mailboxes.head(sessionId);
    if (!stored) throw new Problem("unknown-session", `There is no session ${sessionId}`);
    const head = readHead(stored);
    const cursor = cursorOf(request, head);
    if (head.closed)
      return {
        status: 200,
        headers: streamHeaders,
        body: presence.hub.drain(sessionId, cursor, head.closed.reason).body,
      };
    await presence.sessions.adopt(sessionId);
    presence.lives.seen(sessionId);
    return { status: 200, headers: streamHeaders, body: presence.hub.attach(sessionId, cursor).body };
  }),
});

const ackSchema = z.strictObject({ cursor: cursorSchema });

/** The client is there, and has read so far. */
app.http("session-ack", {
  methods: ["POST"],
  route: "sessions/{id}/ack",
  authLevel: "anonymous",
  handler: door(async (request) => {
    const { sessionId: session } = await ownerOf(request);
    const { cursor } = await readJsonBody(request, ackSchema);
    const head = presence.sessions.own(session);
    if (head) {
      await presence.acknowledge(session, cursor);
      return { status: 204 };
    }
    const stored = await presence.mailboxes.head(session);
    if (!stored) throw new Problem("unknown-session", `There is no session ${session}`);
    const { closed, owner, next } = readHead(stored);
    if (closed) throw new Problem("session-closed", `Session ${session} has ended: ${closed.reason}`);
    refuseBeyond(cursor, next);
    await presence.sendTo(owner.instance, { type: "ack", session, cursor });
    return { status: 204 };
  }),
});

/** Where the client's stream goes on: after Last-Event-ID, or with the oldest message there is. */
function cursorOf(request: HttpRequest, { first, next, broadcastFrom }: Head): Cursor {
  const text = request.headers.get("last-event-id");
  if (text === null || text === "") return { seq: first - 1, broadcast: broadcastFrom };
  const cursor = parseValue(cursorSchema, text, "Last-Event-ID");
  refuseBeyond(cursor, next);
  return cursor;
}

function refuseBeyond({ seq }: Cursor, next: number): void {
  if (seq >= next)
    throw new Problem("invalid-request", `The cursor says message ${seq}, but there are only ${next - 1}`);
}
