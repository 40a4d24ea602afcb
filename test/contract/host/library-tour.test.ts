import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { runHost, type HostCommand } from "../../support/host-command.ts";
import { fixtureDir } from "../../support/host.ts";

// What the library's own end-to-end tests ask of a host, asked in the same way: a host process, its address and its output.

const bus = await openBus();
afterAll(() => bus.close());

const modes = [
  { mode: "buffered", isStreaming: false, env: {} },
  { mode: "streaming", isStreaming: true, env: { STREAMING: "1" } },
] as const;

/** Entities for the app under the names of the settings that it finds them by. */
async function entities() {
  const [TOPIC_IN, TOPIC_OUT] = [await bus.topic(), await bus.topic()];
  const SUB_IN = await bus.subscription(TOPIC_IN);
  const SUB_OUT = await bus.subscription(TOPIC_OUT);
  const [ONE_IN, ONE_OUT] = [await bus.queue(), await bus.queue()];
  const [MANY_IN, MANY_OUT] = [await bus.queue(), await bus.queue()];
  return { TOPIC_IN, TOPIC_OUT, SUB_IN, SUB_OUT, ONE_IN, ONE_OUT, MANY_IN, MANY_OUT };
}

describe.each(modes)("the library's app in a host, $mode", ({ isStreaming, env }) => {
  let host: HostCommand;
  let url: string;
  let names: Awaited<ReturnType<typeof entities>>;

  beforeAll(async () => {
    names = await entities();
    const limit = { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "4294967296" };
    const settings = { ...names, ...env, ...limit, Bus: bus.connectionString, Storage: "unused" };
    host = runHost(fixtureDir("library-tour"), {
      env: { ...settings, FUNCTIONS_WORKER_RUNTIME: "node", logging__logLevel__Worker: "debug" },
    });
    await host.untilText("Host lock lease acquired by instance ID", { withinMs: 30_000 });
    url = `${await host.url()}/api`;
  });

  afterAll(() => host[Symbol.asyncDispose]());

  const post = (path: string, body: RequestInit["body"], init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}/${path}`, { method: "POST", body: body ?? null, duplex: "half", ...init });
  const jsonOf = async (response: Promise<Response>): Promise<unknown> => (await response).json();

  test("tells at start what it cannot do, and that is all", async () => {
    const failing = [...host.text().matchAll(/The '(\w+)' function is in error: (.*)\./g)];
    const reasons = failing.map(([, name, reason]) => [name, reason]);
    const missing = expect.stringContaining("'NOT_SET' does not exist");
    const unsupported = expect.stringContaining("not support");
    expect(Object.fromEntries(reasons)).toEqual({
      blobOutput: unsupported,
      cosmosDB: unsupported,
      eventGrid: unsupported,
      eventHub: unsupported,
      nowhereOutput: missing,
      sdkMessages: unsupported,
      sql: unsupported,
      storageBlob: unsupported,
      storageQueue: unsupported,
      tableInput: unsupported,
      warmup: unsupported,
    });
    expect((await fetch(`${url}/tableInput`)).status).toBe(404);
  });

  test("greets a name in the body, in chunks, in the query, or nobody", async () => {
    const bodies = await Promise.all([
      fetch(`${url}/greet`),
      post("greet", "body"),
      post("greet", new Blob(["chunks"]).stream()),
      fetch(`${url}/greet?name=query`),
    ]);
    const greeted = await Promise.all(bodies.map((response) => response.text()));
    expect(greeted).toEqual(["world", "body", "chunks", "query"].map((name) => `Hello, ${name}!`));
  });

  test("answers each of many requests with its own name", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `name${index}`);
    const answers = await Promise.all(names.map(async (name) => (await post("slowGreet", name)).text()));
    expect(answers).toEqual(names.map((name) => `Hello, ${name}!`));
  });

  test("answers 404 without a body where there is no function, or not with this method", async () => {
    for (const [path, method] of [
      ["nowhere", "GET"],
      ["post", "GET"],
      ["greet", "HEAD"],
      ["greet", "OPTIONS"],
      ["params/a/word", "GET"],
    ] as const) {
      const response = await fetch(`${url}/${path}`, { method });
      expect([path, response.status, await response.text()]).toEqual([path, 404, ""]);
    }
  });

  test("shows headers, query and route values", async () => {
    const headers = { "X-Own": "a", "content-type": "text/x" };
    expect(await jsonOf(fetch(`${url}/headers`, { headers }))).toMatchObject({
      "x-own": "a",
      "content-type": "text/x",
    });
    expect(await jsonOf(fetch(`${url}/query?again=1&other=%C3%A9&again=2`))).toEqual(
      isStreaming
        ? { all: { again: "2", other: "é" }, first: "1", every: ["1", "2"] }
        : { all: { again: "1,2", other: "é" }, first: "1,2", every: ["1,2"] },
    );
    expect(await jsonOf(fetch(`${url}/params/a%20b`))).toEqual({ name: "a b" });
    expect(await jsonOf(fetch(`${url}/params/a/7`))).toEqual({ name: "a", number: "7" });
  });

  test("hands over who the platform says is signed in", async () => {
    const identity = Buffer.from(
      JSON.stringify({ userId: "1", userRoles: ["authenticated"], identityProvider: "x", userDetails: "d" }),
    ).toString("base64");
    const seen = await jsonOf(fetch(`${url}/user`, { headers: { "x-ms-client-principal": identity } }));
    expect(seen).toMatchObject({ user: { type: "StaticWebApps", id: "1" } });
    expect(await jsonOf(fetch(`${url}/user`))).toEqual({ user: null });
  });

  test.each([
    ["text", "text", "plain é", "plain é"],
    ["JSON", "json", '{"a":[1]}', { a: [1] }],
    ["bytes", "bytes", Uint8Array.from([0, 255, 128]), [0, 255, 128]],
    ["a blob", "blob", new Blob(["12"], { type: "text/css" }), { size: 2, type: "text/css" }],
    ["a stream", "stream", new Uint8Array(1_500_000), 1_500_000],
    [
      "an encoded form",
      "form",
      new URLSearchParams({ a: "1 2", b: "é" }),
      {
        fields: [
          ["a", "1 2"],
          ["b", "é"],
        ],
        file: null,
      },
    ],
  ])("reads a body as %s", async (_, how, body, expected) => {
    expect(await jsonOf(post(`read/${how}`, body))).toEqual(expected);
  });

  test("reads a form with a file", async () => {
    const form = new FormData();
    form.set("field", "value");
    form.set("file", new File(["contents"], "name.txt", { type: "text/plain" }));
    expect(await jsonOf(post("read/form", form))).toEqual({
      fields: [["field", "value"]],
      file: { name: "name.txt", type: "text/plain", text: "contents" },
    });
  });

  test("gets JSON that is none as it came", async () => {
    const broken = '{ "a": 1, "b": }';
    const headers = { "content-type": "application/json" };
    expect(await jsonOf(post("read/text", broken, { headers }))).toBe(broken);
    const refused = await post("read/json", broken, { headers });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ error: "SyntaxError" });
  });

  test.each([
    ["nothing", null, ""],
    ["text", "text/plain;charset=UTF-8", "text"],
    ["json", "application/json", '{"a":[1,null,"é"]}'],
    ["bytes", null, "bytes"],
    ["buffer", null, "buffer"],
    ["arrayBuffer", null, "bytes"],
    ["blob", "text/css", "blob"],
    ["urlencoded", "application/x-www-form-urlencoded;charset=UTF-8", "a=1+2"],
    ["webStream", null, "012"],
    ["iterable", null, "012"],
    ["headers", "text/csv", "1;2"],
  ])("sends what a function returns: %s", async (kind, type, body) => {
    const response = await fetch(`${url}/answer/${kind}`);
    const seen = [response.status, response.headers.get("content-type"), await response.text()];
    expect(seen).toEqual([200, type, body]);
  });

  test("sends a form, a response object and repeated headers", async () => {
    const form = await (await fetch(`${url}/answer/form`)).formData();
    expect([...form]).toEqual([["field", "value"]]);
    const object = await fetch(`${url}/answer/object`);
    expect([object.status, object.headers.get("x-own"), await object.json()]).toEqual([
      201,
      "yes",
      { made: true },
    ]);
    expect((await fetch(`${url}/answer/headerPairs`)).headers.get("x-one")).toBe("1, 2");
  });

  test("answers HEAD and OPTIONS where a function takes them", async () => {
    const head = await fetch(`${url}/answer/text`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(head.headers.get("content-type")).toBe("text/plain;charset=UTF-8");
    const options = await fetch(`${url}/answer/text`, { method: "OPTIONS" });
    expect([options.status, await options.text()]).toEqual([200, "text"]);
    expect((await fetch(`${url}/answer/text`, { method: "PATCH" })).status).toBe(200);
  });

  test.each([200, 201, 202, 204, 205, 301, 304, 400, 404, 409, 418, 429, 500, 503])(
    "answers with the status %i",
    async (code) => {
      const response = await fetch(`${url}/status/${code}`, { redirect: "manual" });
      const isBodiless = [204, 205, 304].includes(code);
      expect([response.status, await response.text()]).toEqual([code, isBodiless ? "" : `status ${code}`]);
    },
  );

  test("sets cookies", async () => {
    const cookies = (await fetch(`${url}/cookies`)).headers.getSetCookie();
    const path = isStreaming ? "" : "; path=/";
    expect(cookies.map((cookie) => cookie.toLowerCase())).toEqual([
      `plain=1; max-age=200000${path}`,
      "textual=2; max-age=200000; path=/",
      `over=3; max-age=0${path}`,
      `lax=4${path}; samesite=lax`,
      `strict=5${path}; samesite=strict`,
    ]);
  });

  test("streams many megabytes in and out, and JSON in pieces", async () => {
    const megabytes = isStreaming ? 32 : 8;
    const source = new Blob([new Uint8Array(megabytes * 1_048_576)]);
    expect(await jsonOf(post("read/stream", source.stream()))).toBe(source.size);
    const sent = await fetch(`${url}/sendStream?megabytes=${megabytes}`);
    let bytes = 0;
    for await (const chunk of sent.body ?? []) bytes += chunk.length;
    expect(bytes).toBe(source.size);
    expect(await jsonOf(fetch(`${url}/jsonStream`))).toHaveLength(100);
  });

  test("runs hooks of every kind, in order", async () => {
    for (const text of ['Executing 1 "appStart" hooks', "appStart ran", 'Executed "appStart" hooks']) {
      expect(host.text()).toContain(text);
    }
    expect(await (await post("withHooks", "")).text()).toBe("from the handler");
    const expected = [
      'Executing 1 "preInvocation" hooks',
      'preInvocation ran with ["HttpRequest"]',
      "refused: Cannot assign to read only property 'hookData'",
      "refused: Cannot assign to read only property 'invocationContext'",
      'Executed "preInvocation" hooks',
      "the replaced handler ran",
      "called with one more input",
      'Executing 2 "postInvocation" hooks',
      'postInvocation ran: error null, result {"body":"from the handler"}, data remembered since before',
    ];
    for (const text of expected) await host.untilText(text);
    const places = expected.map((text) => host.text().lastIndexOf(text));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(host.text()).not.toContain("a disposed hook ran");
  });

  test("passes messages through queues and topics, one and many, returned and set", async () => {
    const send = (to: string, ...bodies: string[]): Promise<void> =>
      bus.client.createSender(to).sendMessages(bodies.map((body) => ({ body })));
    await send(names.ONE_IN, "via queue");
    await send(names.TOPIC_IN, "via topic");
    await send(names.MANY_IN, "first of many", "second of many");
    expect(await (await post("post", JSON.stringify({ output: "single" }))).text()).toBe("done");
    const bulk = Array.from({ length: 5 }, (_, index) => `bulk ${index}`);
    await post("post", JSON.stringify({ output: bulk }));
    for (const text of [
      'oneInOneOut got "via queue"',
      'one got "via queue"',
      'topicInTopicOut got "via topic"',
      'topic got "via topic"',
      ...["first", "second"].map((which) => `manyInManyOut got "${which} of many"`),
      ...["first", "second"].map((which) => `many got "${which} of many"`),
      'one got "single"',
      ...bulk.map((body) => `one got "${body}"`),
    ]) {
      await host.untilText(text);
    }
  });

  test("runs timers, and again what failed as its policy says", async () => {
    await host.untilText("everySecond ran");
    await host.untilText("right on attempt 2");
    expect(host.text()).toMatch(/wrong on attempt 0[^]*wrong on attempt 1[^]*right on attempt 2/);
  });

  // The last one: it ends the host.
  test("failed no call that was not to fail, and runs its hooks when it is stopped", async () => {
    const failed = [...host.text().matchAll(/Executed 'Functions\.([^']+)' \(Failed/g)];
    expect(failed.map(([, name]) => name)).toEqual(["atLastRight", "atLastRight"]);
    host.child.kill("SIGTERM");
    expect(await host.exitCode()).toBe(0);
    expect(host.text()).toContain("appTerminate ran: remembered since start");
  });
});
