import type { LookupAddress } from "node:dns";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Endpoints, EndpointsParts } from "../../../shared/routing/endpoint/endpoints.ts";
import type { CarriedBranch } from "../../../shared/routing/carrier.ts";
import { Problem } from "../../../shared/kernel/problem.ts";
import { publicHostsOnly } from "../../../shared/routing/outbound-policy.ts";
import type { Target } from "../../../shared/routing/routed-message.ts";
import { carriedWith, targetWith } from "../../support/branch-with.ts";
import { callOf, endpointsWith, errorsOf } from "../../support/endpoints-with.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { ScriptedServer } from "../../support/scripted-server.ts";

const envelope = (version: string, body: string) =>
  `<s:Envelope xmlns:s="${version === "1.1" ? "http://schemas.xmlsoap.org/soap/envelope/" : "http://www.w3.org/2003/05/soap-envelope"}"><s:Body>${body}</s:Body></s:Envelope>`;
const fault = envelope(
  "1.1",
  "<s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault>",
);

let service: ScriptedServer;
const open: Endpoints[] = [];

beforeAll(async () => {
  service = await ScriptedServer.start((response, { path }) => {
    const [, status = "", kind = ""] = path.split("/");
    const headers = { "content-type": "text/plain", "x-said": "so", "set-cookie": "a=b", location: "/200" };
    const xml = { "content-type": "text/xml; charset=utf-8" };
    response.writeHead(Number(status), kind === "fault" ? xml : headers);
    if (kind === "hangs") response.write("begun");
    else if (kind === "large") response.end(Buffer.alloc(1_048_577));
    else response.end(kind === "fault" ? fault : `said ${status}`);
  });
});

afterEach(() => {
  for (const endpoints of open.splice(0)) endpoints.close();
});

afterAll(() => service.stop());

const at = (path: string, changes: Partial<Target> = {}) => targetWith(`${service.url}${path}`, changes);
const request = (path: string, changes: Partial<Target> = {}) =>
  at(path, { exchange: "request-reply", ...changes });

function opened(parts: Partial<EndpointsParts> = {}) {
  const made = endpointsWith(parts);
  open.push(made.endpoints);
  return made;
}

const call = (carried: CarriedBranch, parts: Partial<EndpointsParts> = {}) =>
  opened(parts).endpoints.callTargets(callOf(carried));

describe("a service over HTTP", () => {
  test("gets the body, the sender's headers and the ids, and nothing that is for others", async () => {
    const headers = {
      "X-Topic": "a/b",
      count: 3,
      "x-name": "ü€",
      Authorization: "secret",
      cookie: "a=b",
      "Accept-Encoding": "gzip",
      "Interrole-Hop": 7,
      "not a name": 1,
    };
    const carried = carriedWith(
      { targets: [at("/202")] },
      { pass: { headers, hop: 2 }, body: '{"n":1}', contentType: "application/json" },
    );
    const outcome = await call(carried);
    expect(outcome).toMatchObject({ kind: "taken", endpoint: "service", attempts: [{ status: 202 }] });
    const asked = service.asked.at(-1);
    expect(asked).toMatchObject({ method: "POST", body: { n: 1 } });
    expect(asked?.headers).toMatchObject({
      "content-type": "application/json",
      "content-length": "7",
      "x-topic": "a/b",
      count: "3",
      "x-name": Buffer.from("ü€").toString("latin1"),
      "idempotency-key": "b".repeat(32),
      "interrole-message-id": "0".repeat(32),
      "interrole-branch-id": "b".repeat(32),
      "interrole-table-version": "default@7",
      "interrole-hop": "3",
    });
    for (const name of ["authorization", "cookie", "accept-encoding", "not a name"])
      expect(asked?.headers).not.toHaveProperty(name);
  });

  test("is not followed to where it redirects", async () => {
    const before = service.asked.length;
    const outcome = await call(carriedWith({ targets: [at("/307")] }));
    expect(errorsOf(outcome)).toEqual(["answered 307"]);
    expect(service.asked).toHaveLength(before + 1);
  });

  test("that does not end its answer in time has not answered", async () => {
    const outcome = await call(carriedWith({ targets: [at("/200/hangs", { timeoutMs: 80 })] }));
    expect(outcome).toMatchObject({
      kind: "failed",
      isFinal: false,
      attempts: [{ error: "no answer within 80 ms", isTimeout: true }],
    });
  });

  test.each([400, 413, 415, 422])(
    "that answers %i to a one-way message has refused it for good",
    async (status) => {
      const before = service.asked.length;
      const outcome = await call(carriedWith({ targets: [at(`/${status}`), at("/200", { name: "spare" })] }));
      expect(outcome).toMatchObject({ kind: "failed", isFinal: true });
      expect(service.asked).toHaveLength(before + 1);
    },
  );

  test.each([401, 403, 404, 409, 429, 500, 503])(
    "that answers %i makes way for its backup",
    async (status) => {
      const outcome = await call(carriedWith({ targets: [at(`/${status}`), at("/200", { name: "spare" })] }));
      expect(outcome).toMatchObject({
        kind: "taken",
        endpoint: "spare",
        attempts: [{ status }, { status: 200 }],
      });
    },
  );

  test("has taken a message although its answer is too large to be kept", async () => {
    expect(await call(carriedWith({ targets: [at("/200/large")] }))).toMatchObject({
      kind: "taken",
      answer: undefined,
    });
    expect(await call(carriedWith({ targets: [request("/200/large"), request("/200")] }))).toMatchObject({
      kind: "failed",
      isFinal: true,
      attempts: [{ error: "answered more than 1048576 bytes" }],
    });
  });

  test("is called again when it has closed a kept connection", async () => {
    const other = await ScriptedServer.start((response) => response.end());
    const { endpoints } = opened();
    const carried = carriedWith({ targets: [targetWith(other.url)] });
    expect(await endpoints.callTargets(callOf(carried))).toMatchObject({ kind: "taken" });
    await other.stop();
    await other.listen();
    expect(await endpoints.callTargets(callOf(carried))).toMatchObject({ kind: "taken" });
    await other.stop();
  });
});

describe("a request", () => {
  test.each([200, 307, 404, 422])(
    "has %i for its answer, with body and headers, but no cookies",
    async (status) => {
      const outcome = await call(carriedWith({ targets: [request(`/${status}`), request("/200")] }));
      expect(outcome).toMatchObject({ kind: "taken", attempts: [{ status }] });
      const answer = outcome.kind === "taken" ? outcome.answer : undefined;
      expect(answer).toMatchObject({ status, contentType: "text/plain", headers: { "x-said": "so" } });
      expect(String(answer?.body)).toBe(`said ${status}`);
      expect(answer?.headers).not.toHaveProperty("set-cookie");
    },
  );

  test.each([408, 429, 500, 503])(
    "goes to the backup at %i, and has the last answer when all fail",
    async (status) => {
      const outcome = await call(carriedWith({ targets: [request("/500"), request(`/${status}`)] }));
      expect(outcome).toMatchObject({ kind: "failed", isFinal: false, answer: { status } });
    },
  );

  test("through another table is judged as any other", async () => {
    const answer = {
      status: 503,
      headers: {},
      body: Buffer.alloc(0),
      contentType: undefined,
      isFault: false,
    };
    const requestThroughRouter: EndpointsParts["requestThroughRouter"] = async ({ message }) => {
      expect(message.pass.hop).toBe(1);
      return answer;
    };
    const router = targetWith("router:other/in", { exchange: "request-reply" });
    const outcome = await call(carriedWith({ targets: [router, request("/200", { name: "spare" })] }), {
      requestThroughRouter,
    });
    expect(outcome).toMatchObject({ kind: "taken", endpoint: "spare" });
  });
});

describe("a SOAP fault", () => {
  test.each([200, 400, 500])("with status %i is an answer", async (status) => {
    const outcome = await call(carriedWith({ targets: [at(`/${status}/fault`), at("/200")] }));
    expect(outcome).toMatchObject({
      kind: "taken",
      answer: { isFault: true, status },
      attempts: [{ status }],
    });
  });

  test.each([200, 400, 500])("with status %i is a failure if the entry says so", async (status) => {
    const targets = [at(`/${status}/fault`), at("/200", { name: "spare" })];
    const outcome = await call(carriedWith({ targets, backupOnFault: true }));
    expect(outcome).toMatchObject({ kind: "taken", endpoint: "spare" });
    expect(errorsOf(outcome)).toEqual([`answered with a SOAP fault (${status})`]);
  });
});

describe("an endpoint that speaks another version of SOAP", () => {
  test("gets the message in its own, and the sender the answer in the sender's", async () => {
    const message = { body: envelope("1.2", "<p/>"), contentType: 'application/soap+xml; action="urn:a"' };
    const targets = [request("/500/fault", { soapVersion: "1.1" })];
    const outcome = await call(carriedWith({ targets }, message));
    const asked = service.asked.at(-1);
    expect(asked?.body).toBe(envelope("1.1", "<p/>"));
    expect(asked?.headers).toMatchObject({
      "content-type": "text/xml; charset=utf-8",
      soapaction: '"urn:a"',
    });
    const answer = outcome.kind === "taken" ? outcome.answer : undefined;
    expect(answer?.contentType).toBe("application/soap+xml; charset=utf-8");
    expect(answer?.headers["content-type"]).toBe("application/soap+xml; charset=utf-8");
    expect(String(answer?.body)).toContain("<s:Reason>");
    const failing = await call(carriedWith({ targets, backupOnFault: true }, message));
    const last = failing.kind === "failed" ? failing.answer : undefined;
    expect(String(last?.body)).toContain("<s:Reason>");
  });

  test("gets a message of its own version as it came", async () => {
    const body = `${envelope("1.1", "<p/>")} `;
    await call(
      carriedWith({ targets: [at("/200", { soapVersion: "1.1" })] }, { body, contentType: "text/xml" }),
    );
    expect(service.asked.at(-1)).toMatchObject({ body, headers: { "content-type": "text/xml" } });
  });
});

describe("an internal address", () => {
  const port = () => new URL(service.url).port;
  const named = (host: string) => targetWith(`http://${host}:${port()}/200`);
  const leadingTo =
    (...addresses: string[]): EndpointsParts["resolve"] =>
    async () =>
      addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 }));

  test.each([
    ["this machine", ["127.0.0.1"]],
    ["a private network", ["10.1.2.3"]],
    ["the platform's metadata", ["169.254.169.254"]],
    ["this machine, written as IPv6", ["::ffff:127.0.0.1"]],
    ["a public address and this machine", ["93.184.216.34", "127.0.0.1"]],
  ])("is refused when a public name leads to %s", async (_what, addresses) => {
    const before = service.asked.length;
    const parts = { policy: publicHostsOnly, resolve: leadingTo(...addresses) };
    const outcome = await call(carriedWith({ targets: [named("api.example.com")] }), parts);
    expect(outcome).toMatchObject({ kind: "failed", isFinal: true });
    expect(errorsOf(outcome)[0]).toMatch(
      /^api\.example\.com leads to .*outbound policy 'public hosts only' refuses$/,
    );
    expect(service.asked).toHaveLength(before);
  });

  test("is refused when the table names it, before anything is looked up", async () => {
    const resolve = () => Promise.reject(new Error("looked up"));
    for (const host of ["127.0.0.1", "localhost", "[::1]", "2130706433", "intranet"]) {
      const outcome = await call(carriedWith({ targets: [named(host)] }), {
        policy: publicHostsOnly,
        resolve,
      });
      expect(errorsOf(outcome)[0]).toMatch(/which the outbound policy 'public hosts only' refuses$/);
    }
  });

  test("may be where a name leads that the operator has listed", async () => {
    const policy = { ...publicHostsOnly, allowed: ["api.example.com"] };
    const parts = { policy, resolve: leadingTo("127.0.0.1") };
    expect(await call(carriedWith({ targets: [named("api.example.com")] }), parts)).toMatchObject({
      kind: "taken",
    });
  });
});

describe("an endpoint with authentication", () => {
  const secret = { type: "secret-setting", setting: "ROUTER_SECRET_A", header: "X-Key" } as const;
  const identity = { type: "managed-identity", resource: "api://orders" } as const;

  test("gets the value of the setting at this moment in its header", async () => {
    let value: string | undefined = "one";
    const { endpoints } = opened({ readSecret: (name) => (name === "ROUTER_SECRET_A" ? value : undefined) });
    const carried = carriedWith({ targets: [at("/200", { authentication: secret })] });
    await endpoints.callTargets(callOf(carried));
    value = "two";
    await endpoints.callTargets(callOf(carried));
    expect(service.asked.slice(-2).map(({ headers }) => headers["x-key"])).toEqual(["one", "two"]);
    value = undefined;
    const outcome = await endpoints.callTargets(callOf(carried));
    expect(outcome).toMatchObject({ kind: "failed", isFinal: false });
    expect(errorsOf(outcome)[0]).toContain("ROUTER_SECRET_A");
  });

  test("gets a token of the app's identity, if the operator allows it for that resource", async () => {
    const carried = carriedWith({ targets: [at("/200", { authentication: identity })] });
    expect(errorsOf(await call(carried))[0]).toContain("ROUTER_TOKEN_RESOURCES");
    expect(await call(carried, { tokenResources: ["api://orders"] })).toMatchObject({ kind: "taken" });
    expect(service.asked.at(-1)?.headers["authorization"]).toBe("Bearer token for api://orders");
  });

  test("gets none over a connection that others can read", async () => {
    const policy = { ...publicHostsOnly, allowed: ["127.0.0.1"] };
    const carried = carriedWith({ targets: [at("/200", { authentication: secret })] });
    const outcome = await call(carried, { policy, readSecret: () => "one" });
    expect(errorsOf(outcome)).toEqual(["a credential is sent over https only"]);
  });
});

describe("an endpoint that is down", () => {
  test("is left alone after five failures, while its backup goes on, and called again later", async () => {
    const clock = new ManualClock();
    let isUp = false;
    const flapping = await ScriptedServer.start((response) => response.writeHead(isUp ? 200 : 503).end());
    const { endpoints, asked } = opened({ clock });
    const carried = carriedWith({ targets: [targetWith(flapping.url), at("/200", { name: "spare" })] });
    const takers = async (times: number) => {
      const taken: string[] = [];
      for (let time = 0; time < times; time += 1) {
        const outcome = await endpoints.callTargets(callOf(carried));
        if (outcome.kind === "taken") taken.push(outcome.endpoint);
      }
      return taken;
    };
    expect(await takers(8)).toEqual(Array.from({ length: 8 }, () => "spare"));
    expect(flapping.asked).toHaveLength(5);
    const alone = carriedWith({ targets: [targetWith(flapping.url)] });
    expect(await endpoints.callTargets(callOf(alone))).toEqual({
      kind: "skipped",
      afterMs: 1_000,
      attempts: [],
    });
    isUp = true;
    await clock.advance(1_000);
    expect(await takers(2)).toEqual(["service", "service"]);
    expect(asked.circuits.map(([, isOpen]) => isOpen)).toEqual([true, false]);
    await flapping.stop();
  });
});

describe("a target that is no service over HTTP", () => {
  test("is a queue or topic, with ReplyTo where the sender wants an answer, and a SessionId only in order", async () => {
    const { endpoints, asked } = opened();
    const reply = { kind: "queue", sessionId: "asker", correlationId: "c" } as const;
    const pass = { headers: { topic: "t", Cookie: "c" }, orderingKey: "k", reply };
    await endpoints.callTargets(callOf(carriedWith({ targets: [targetWith("topic:events")] }, { pass })));
    await endpoints.callTargets(callOf(carriedWith({ targets: [targetWith("queue:work")] })));
    const [[topic, body, properties] = [], [queue, , plain] = []] = asked.entities;
    expect([topic, queue]).toEqual(["events", "work"]);
    expect(String(body)).toBe("hello");
    expect(properties).toEqual({
      messageId: "b".repeat(32),
      contentType: "text/plain",
      sessionId: "k",
      replyTo: "replies",
      replyToSessionId: "asker",
      correlationId: "c",
      applicationProperties: expect.objectContaining({ topic: "t", "Interrole-Table-Version": "default@7" }),
    });
    expect(properties?.applicationProperties).not.toHaveProperty("Cookie");
    expect(plain).not.toHaveProperty("sessionId");
    expect(plain).not.toHaveProperty("replyTo");
  });

  test("is a connected client, which gets JSON as data and all else as text, once for a branch", async () => {
    const { endpoints, asked } = opened();
    const json = { body: '{"a":1}', contentType: "application/json" };
    await endpoints.callTargets(callOf(carriedWith({ targets: [targetWith("session:s1")] }, json)));
    await endpoints.callTargets(callOf(carriedWith({ targets: [targetWith("user:ann")] })));
    const common = { key: "b".repeat(32), from: "router:default" };
    expect(asked.mailboxes).toEqual([
      { to: { session: "s1" }, content: { data: { a: 1 } }, ...common },
      { to: { user: "ann" }, content: { text: "hello" }, ...common },
    ]);
    const bytes = carriedWith({ targets: [targetWith("session:s1")] }, { body: Buffer.from([0xff, 0xfe]) });
    expect(await endpoints.callTargets(callOf(bytes))).toMatchObject({ kind: "failed", isFinal: true });
  });

  test.each([
    ["session-closed", true],
    ["unknown-session", true],
    ["unknown-user", false],
    ["mailbox-full", false],
    ["unavailable", false],
  ] as const)("and says %s, is given up at once: %s", async (kind, isFinal) => {
    const sendToMailbox = () => Promise.reject(new Problem(kind, "no"));
    const outcome = await call(carriedWith({ targets: [targetWith("session:s1")] }), { sendToMailbox });
    expect(outcome).toMatchObject({ kind: "failed", isFinal, attempts: [{ error: "no" }] });
  });

  test("is another table, under the id of the branch, one hop on", async () => {
    const { endpoints, asked } = opened();
    const pass = { hop: 2, table: "first" };
    await endpoints.callTargets(callOf(carriedWith({ targets: [targetWith("router:in")] }, { pass })));
    expect(asked.submitted).toMatchObject([
      { table: "first", inbound: "in", suppliedId: "b".repeat(32), message: { pass: { hop: 3 } } },
    ]);
  });
});
