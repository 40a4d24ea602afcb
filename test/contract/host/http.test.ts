import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { responseTo, startFixture, type FixtureHost } from "../../support/host.ts";

const modes = [
  { mode: "buffered", env: {} },
  { mode: "streaming", env: { STREAMING: "1" } },
] as const;

describe.each(modes)("an HTTP function, $mode", ({ mode, env }) => {
  let fixture: FixtureHost;

  beforeAll(async () => {
    fixture = await startFixture("http", { env: { ...env, AzureWebJobs_switchedOff_Disabled: "1" } });
  });

  afterAll(() => fixture[Symbol.asyncDispose]());

  async function echo(path: string, init?: RequestInit): Promise<Echoed> {
    const response = await fixture.fetch(`/api/echo${path}`, init);
    const echoed: Echoed = JSON.parse(await response.text());
    return echoed;
  }

  test("sees method, address, query, route values and body", async () => {
    const seen = await echo("/a%20b%C3%A9?x=1&y=%26", { method: "POST", body: "text" });
    expect(seen).toMatchObject({
      method: "POST",
      url: `${fixture.host.url}/api/echo/a%20b%C3%A9?x=1&y=%26`,
      params: { id: "a bé" },
      body: "text",
    });
    expect(seen.query).toEqual([
      ["x", "1"],
      ["y", "&"],
    ]);
  });

  test("sees the client's headers, and none that the host added", async () => {
    const { headers } = await echo("", {
      headers: { "X-Own": "a, b", "x-ms-invocation-id": "chosen by the client", "x-forwarded-host": "evil" },
    });
    expect(headers).toMatchObject({ "x-own": "a, b", "x-forwarded-host": "evil" });
    expect(headers["x-forwarded-proto"]).toBeUndefined();
  });

  test("is a step in the trace of its client", async () => {
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01`, tracestate: "vendor=1" };
    expect(await (await fixture.fetch("/api/trace", { headers })).json()).toMatchObject({
      traceParent: expect.stringMatching(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`)),
      traceState: "vendor=1",
    });
  });

  test("leaves out an optional route value that is not there", async () => {
    expect((await echo("")).params).toEqual({});
  });

  test("matches its route in any case and with a slash at the end", async () => {
    const response = await fixture.fetch("/API/Echo/x/");
    expect(response.status).toBe(200);
  });

  test("gets bytes unchanged, with a declared length and in chunks", async () => {
    const bytes = randomBytes(300_000);
    const expected = { length: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
    const declared = await fixture.fetch("/api/digest", { method: "POST", body: bytes });
    expect(await declared.json()).toEqual(expected);
    const chunked = await fixture.fetch("/api/digest", {
      method: "POST",
      body: new Blob([bytes]).stream(),
      duplex: "half",
    });
    expect(await chunked.json()).toEqual(expected);
  });

  test("gets a body that its client sends only when it is told to go on", async () => {
    const request = httpRequest(`${fixture.host.url}/api/digest`, {
      method: "POST",
      headers: { expect: "100-continue", "content-length": 5 },
    });
    request.flushHeaders();
    await once(request, "continue");
    request.end("later");
    const answer = Buffer.concat(await (await responseTo(request)).toArray()).toString();
    expect(JSON.parse(answer)).toMatchObject({ length: 5 });
  });

  test("is not disturbed by clients that go away in the middle of a body", async () => {
    const isDone = (text: string): number =>
      fixture.log.filter(({ message }) => message.startsWith(text)).length;
    for (const headers of [{ "content-length": 1_000_000 }, { "transfer-encoding": "chunked" }]) {
      const request = httpRequest(`${fixture.host.url}/api/digest`, { method: "POST", headers });
      request.on("error", () => undefined);
      request.write(Buffer.alloc(100_000));
      await once(request, "socket");
      request.destroy();
    }
    expect(await (await fixture.fetch("/api/text")).text()).toBe("plain");
    await eventually(() => expect(isDone("Executed")).toBe(isDone("Executing")));
  });

  test("answers bytes without a content type and text with one", async () => {
    const bytes = await fixture.fetch("/api/bytes");
    expect([...new Uint8Array(await bytes.arrayBuffer())]).toEqual([0, 255, 128, 10]);
    expect(bytes.headers.get("content-type")).toBeNull();
    const text = await fixture.fetch("/api/text");
    expect(text.headers.get("content-type")).toBe("text/plain;charset=UTF-8");
  });

  test.each([
    ["returns nothing", "nothing", 204],
    ["returns 204", "no-content", 204],
    ["throws", "throws", 500],
    ["returns what is no response", "wrong-type", 500],
    ["returns a status that does not exist", "wrong-status", 500],
    ["is asked by the wrong method", "only-put", 404],
    ["is switched off", "switched-off", 404],
    ["has a reserved route", "administrators", 404],
    ["does not exist", "no-such-function", 404],
  ])("that %s answers in time and without a body", async (_, path, status) => {
    const response = await fixture.fetch(`/api/${path}`);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe("");
  });

  test("is found by the first route that fits, in the order of the functions' names", async () => {
    const text = async (path: string): Promise<string> => (await fixture.fetch(`/api/${path}`)).text();
    expect(await text("things/12")).toBe("number 12");
    expect(await text("things/twelve")).toBe("word twelve");
    expect(await text("files/a/b%2Fc/d")).toBe("a/b%2Fc/d");
    expect(await text("files")).toBe("(none)");
    expect((await fixture.fetch("/api/things/1-2")).status).toBe(404);
  });

  test("keeps the route and the method that another function has taken", async () => {
    expect(await (await fixture.fetch("/api/twin")).text()).toBe("a");
    expect((await fixture.fetch("/api/twin", { method: "PUT" })).status).toBe(404);
    const problems = fixture.host.functions.filter(({ problem }) => problem !== undefined);
    expect(problems.map(({ metadata }) => metadata.name)).toEqual(["adminTool", "badRoute", "twinB"]);
  });

  test("sets cookies as this mode of the real host writes them", async () => {
    const cookies = (await fixture.fetch("/api/cookies")).headers.getSetCookie();
    expect(cookies).toEqual(
      mode === "buffered"
        ? ["a=1; max-age=100; path=/; httponly", "b=2; path=/here; secure; samesite=strict"]
        : ["a=1; Max-Age=100; HttpOnly", "b=2; Path=/here; Secure; SameSite=Strict"],
    );
  });

  test("writes to the host's log, and its own lines come out unchanged", async () => {
    const id = await (await fixture.fetch("/api/logs")).text();
    const entry = await fixture.untilLogged("said by the function");
    expect(entry).toMatchObject({ level: "information", category: "Function.logs.User" });
    await fixture.untilLine("line of the app");
    await fixture.untilLine("error line of the app");
    expect((await fixture.untilLogged(`Executed 'Functions.logs' (Succeeded, Id=${id}`)).level).toBe(
      "information",
    );
  });

  test("may get a member 'headers' in its body, which in streaming mode hides the request's headers", async () => {
    const body = JSON.stringify({ headers: { "x-fake": "1" }, other: "text" });
    const seen = await echo("/own", { method: "POST", body, headers: { "x-own": "1" } });
    const told = fixture.log.some(({ message }) => message.includes("does not see this request's headers"));
    const isStreaming = mode === "streaming";
    expect(seen.body).toBe(body);
    expect(seen.params).toEqual(isStreaming ? { id: "own", other: "text" } : { id: "own" });
    expect(seen.headers["x-own"]).toBe(isStreaming ? undefined : "1");
    expect(told).toBe(isStreaming);
  });

  test("serves hundreds of requests at once, each with its own answer", async () => {
    const ids = Array.from({ length: 300 }, (_, index) => `n${index}`);
    const answers = await Promise.all(ids.map((id) => echo(`/${id}`, { method: "POST", body: id })));
    expect(answers.map(({ params }) => params["id"])).toEqual(ids);
    expect(answers.map(({ body }) => body)).toEqual(ids);
  });
});

interface Echoed {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly query: [string, string][];
  readonly params: Record<string, string>;
  readonly body: string;
}
