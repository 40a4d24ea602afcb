import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { connect, type Session, type SessionEvent } from "../../../client/index.ts";
import { problemKinds, Problem, type ProblemKind } from "../../../shared/kernel/problem.ts";
import { encodeEvent } from "../../../shared/presence/stream-event.ts";
import { SessionTokens } from "../../../shared/presence/token.ts";
import { EventTape } from "../../support/event-tape.ts";
import { eventually } from "../../support/eventually.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { ScriptedServer, type Answer } from "../../support/scripted-server.ts";

const servers: ScriptedServer[] = [];
const over: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(over.splice(0).map((end) => end()));
  await Promise.all(servers.splice(0).map((server) => server[Symbol.asyncDispose]()));
});

async function serve(answer: Answer): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(answer);
  servers.push(server);
  return server;
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, kind: ProblemKind, headers: Record<string, string> = {}): void {
  json(response, problemKinds[kind][0], new Problem(kind, "not now").toDetails(), headers);
}

function stream(response: ServerResponse, ...events: SessionEvent[]): ServerResponse {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(events.map((event) => encodeEvent(event)).join(""));
  return response;
}

const snapshot: SessionEvent = { event: "snapshot", data: { sessions: [] } };
const message = (seq: number): SessionEvent => ({
  event: "message",
  id: `${seq}.0`,
  data: {
    id: `m${seq}`,
    from: { sessionId: "a", userName: "ada" },
    to: { session: "s" },
    text: `${seq}`,
    sentAt: "",
  },
});

/** A kept session, so that each test says only what it is about. */
async function resume(server: ScriptedServer, clock: ManualClock, token = "a.b.c"): Promise<Session> {
  const resumption = { sessionId: "s", token };
  return await connect({ url: server.url, resume: resumption, clock, random: () => 1 });
}

function play(session: Session): EventTape {
  const tape = new EventTape(session);
  over.push(() => tape.stop());
  return tape;
}

/** Moves the time on to the next thing that waits for it, again and again, until a fact holds. */
async function inTime(clock: ManualClock, fact: () => boolean): Promise<void> {
  await eventually(async () => {
    if (fact()) return true;
    await clock.advance(1_000);
    return false;
  });
}

describe("a send", () => {
  test("whose answer is lost is repeated with the same key, and no sooner than it was asked to", async () => {
    const server = await serve((response, { path }) => {
      if (!path.endsWith("/messages")) return refuse(response, "internal");
      const times = server.askedAt("/messages").length;
      if (times === 1) return response.destroy();
      if (times === 2) return refuse(response, "unavailable", { "retry-after": "3" });
      json(response, 202, { messageId: "m", sessions: 1 });
    });
    const clock = new ManualClock();
    const session = await resume(server, clock);
    const sent = session.send({ to: { user: "bob/7" }, text: "hello" });
    await inTime(clock, () => server.asked.length === 2);
    const afterSecondMs = clock.monotonicMs();
    await inTime(clock, () => server.asked.length === 3);
    expect(await sent).toEqual({ messageId: "m", mailboxes: 1 });
    expect(clock.monotonicMs() - afterSecondMs).toBeGreaterThanOrEqual(3_000);
    expect(new Set(server.asked.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    expect(server.asked.at(-1)).toMatchObject({
      path: "/api/users/bob%2F7/messages",
      body: { text: "hello" },
    });
  });

  test("that is refused says why at once", async () => {
    const server = await serve((response) => refuse(response, "session-closed"));
    const session = await resume(server, new ManualClock());
    await expect(session.send({ to: "everyone", data: { a: 1 } })).rejects.toMatchObject({
      name: "InterroleProblem",
      kind: "session-closed",
      detail: "not now",
    });
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]).toMatchObject({ path: "/api/messages", body: { data: { a: 1 } } });
  });
});

describe("the events", () => {
  test("go on after the last message when the stream breaks, at the entry when the instance drains", async () => {
    const entry = await serve((response) => void stream(response, snapshot, message(1), message(2)));
    let times = 0;
    const first = await serve((response) => {
      times += 1;
      if (times > 1) return refuse(response, "unavailable", { "retry-after": "30" });
      stream(response, snapshot, message(1)).end();
    });
    const clock = new ManualClock();
    const session = await connect({
      url: entry.url,
      resume: { sessionId: "s", token: "a.b.c", instanceUrl: first.url },
      clock,
      random: () => 1,
    });
    const tape = play(session);
    await inTime(clock, () => tape.texts.length === 2);
    expect([tape.texts, session.resumption.lastEventId]).toEqual([["1", "2"], "2.0"]);
    expect([times, session.resumption.instanceUrl]).toEqual([2, entry.url]);
    // What the draining instance asked for is about itself.
    expect(clock.monotonicMs()).toBeLessThan(30_000);
    expect(entry.asked[0]?.headers["last-event-id"]).toBe("1.0");
    for (const { path, headers } of [...entry.asked, ...first.asked])
      expect([path, headers["authorization"]]).toEqual(["/api/sessions/s/events", "Bearer a.b.c"]);
  });

  test("go on where `reconnect` says", async () => {
    const other = await serve((response) => void stream(response, snapshot, message(1)));
    const server = await serve((response) => {
      stream(response, snapshot, { event: "reconnect", data: { url: other.url, reason: "recycling" } }).end();
    });
    const clock = new ManualClock();
    const tape = play(await resume(server, clock));
    await inTime(clock, () => tape.texts.length === 1);
    expect([server.asked.length, other.asked.length]).toEqual([1, 1]);
  });

  test("are taken by one loop at a time", async () => {
    const server = await serve((response) => void stream(response, snapshot));
    const session = await resume(server, new ManualClock());
    await play(session).got("snapshot");
    expect(await new EventTape(session).ended()).toMatchObject({ message: /Another loop/ });
  });

  test("end with the session, and throw when the server refuses for good", async () => {
    const server = await serve((response, { headers }) => {
      if (headers["authorization"] !== "Bearer good") return refuse(response, "not-authorised");
      stream(response, snapshot, { event: "closed", data: { reason: "expired" } }).end();
    });
    const good = play(await resume(server, new ManualClock(), "good"));
    expect([await good.ended(), good.events.at(-1)?.event]).toEqual([undefined, "closed"]);
    const bad = play(await resume(server, new ManualClock(), "bad"));
    expect(await bad.ended()).toMatchObject({ kind: "not-authorised" });
  });
});

describe("acknowledgements", () => {
  test("go out every 20 s with what was taken, and once more when the loop is left", async () => {
    const streams: ServerResponse[] = [];
    const server = await serve((response, { path }) => {
      if (path.endsWith("/events")) streams.push(stream(response, snapshot, message(1)));
      else response.writeHead(204).end();
    });
    const clock = new ManualClock();
    const tape = play(await resume(server, clock));
    await tape.got("message");
    await clock.advance(20_000);
    await eventually(() => server.askedAt("/ack").length === 1);
    streams[0]?.write(encodeEvent(message(2)));
    await tape.got("message", ({ id }) => id === "2.0");
    await tape.stop();
    expect(server.askedAt("/ack").map(({ body }) => body)).toEqual([{ cursor: "1.0" }, { cursor: "2.0" }]);
  });

  test("renew a token that comes to its end, with what the session says of itself", async () => {
    const tokens = new SessionTokens("x".repeat(32));
    const issue = () => tokens.issue({ sessionId: "s", userName: "bob" });
    const old = await issue();
    const server = await serve((response, { path }) => {
      if (path.endsWith("/events")) stream(response, snapshot);
      else if (path.endsWith("/sessions")) json(response, 200, { sessionId: "s", token: "new" });
      else response.writeHead(path.endsWith("/ack") ? 204 : 200).end("{}");
    });
    const clock = new ManualClock(new Date(Date.now() + 20 * 3_600_000));
    const session = await resume(server, clock, old);
    await session.updateMetadata({ mood: "fine" });
    await play(session).got("snapshot");
    await clock.advance(20_000);
    await eventually(() => session.resumption.token === "new");
    expect(server.askedAt("/sessions")).toMatchObject([
      { headers: { authorization: `Bearer ${old}` }, body: { userName: "bob", metadata: { mood: "fine" } } },
    ]);
  });
});

describe("a session's end", () => {
  test("by leaving is no error when it had ended before", async () => {
    const gone = await serve((response) => refuse(response, "session-closed"));
    await (await resume(gone, new ManualClock())).leave();
    const forged = await serve((response) => refuse(response, "not-authorised"));
    await expect((await resume(forged, new ManualClock())).leave()).rejects.toMatchObject({ status: 401 });
  });

  test("by its signal ends loop and requests with the reason, in the middle of a wait too", async () => {
    const server = await serve((response) => refuse(response, "unavailable", { "retry-after": "20" }));
    const over = new AbortController();
    const session = await connect({
      url: server.url,
      resume: { sessionId: "s", token: "a.b.c" },
      clock: new ManualClock(),
      signal: over.signal,
    });
    const loop = play(session).ended();
    const sending = session.send({ to: "everyone", text: "x" }).catch((error: unknown) => error);
    await eventually(() => server.asked.length === 2);
    over.abort(new Error("enough"));
    expect([await loop, await sending]).toEqual([new Error("enough"), new Error("enough")]);
  });
});

describe("connecting", () => {
  test("registers once more when an instance is not available, and asks with the function key", async () => {
    const server = await serve((response) => {
      if (server.asked.length === 1) return refuse(response, "unavailable", { "retry-after": "1" });
      const eventsUrl = "http://web-7:80/api/sessions/s/events";
      json(response, 201, { sessionId: "s", userName: "ada", token: "a.b.c", eventsUrl });
    });
    const clock = new ManualClock();
    let session: Session | undefined;
    const options = { url: `${server.url}/`, userName: "ada", instance: "web-7", functionKey: "f", clock };
    void connect(options).then((connected) => (session = connected));
    await inTime(clock, () => session !== undefined);
    expect(session?.resumption).toMatchObject({
      sessionId: "s",
      token: "a.b.c",
      instanceUrl: "http://web-7:80",
    });
    expect(server.asked.at(-1)).toMatchObject({
      path: "/api/sessions",
      headers: { "x-functions-key": "f" },
      body: { userName: "ada", metadata: {}, instance: "web-7" },
    });
  });

  test("says so when the URL is none, or not this server's", async () => {
    await expect(connect({ url: "ftp://x", userName: "ada" })).rejects.toThrow("must begin with http");
    const other = await serve((response) => response.end("<html>hello</html>"));
    const ending = connect({ url: other.url, userName: "ada" });
    await expect(ending).rejects.toMatchObject({ name: "InterroleUnreachable" });
  });
});
