import { describe, expect, test } from "vitest";
import { startFixture } from "../../support/host.ts";

describe.concurrent("a host with keys", () => {
  const auth = { master: "m", host: ["h"], functions: { guarded: ["g"] } };

  test.each([
    ["nothing", {}, [401, 401, 200, 401]],
    ["a wrong key", { "x-functions-key": "x" }, [401, 401, 200, 401]],
    ["the function's key", { "x-functions-key": "g" }, [200, 401, 200, 401]],
    ["a host key", { "x-functions-key": "h" }, [200, 401, 200, 401]],
    ["the master key", { "x-functions-key": "m" }, [200, 200, 200, 200]],
  ])("asks each function's level of a request with %s", async (_, headers, expected) => {
    await using fixture = await startFixture("http", { auth });
    const paths = ["/api/guarded", "/api/guarded-well", "/api/text", "/admin/host/status"];
    const answers = await Promise.all(paths.map((path) => fixture.fetch(path, { headers })));
    expect(answers.map(({ status }) => status)).toEqual(expected);
  });

  test("takes a key from the query too, after the header, and keeps it from the function's parameters", async () => {
    await using fixture = await startFixture("http", { auth, env: { STREAMING: "1" } });
    expect((await fixture.fetch("/api/guarded?code=g")).status).toBe(200);
    const wrong = { headers: { "x-functions-key": "x" } };
    expect((await fixture.fetch("/api/guarded?code=g", wrong)).status).toBe(401);
    const seen: { params: object } = JSON.parse(await (await fixture.fetch("/api/echo/1?code=g&a=b")).text());
    expect(seen.params).toEqual({ id: "1", a: "b" });
  });

  test("lets only the master key call a function that is switched off, and tells others that it is not there", async () => {
    const env = { "AzureWebJobs.guarded.Disabled": "true" };
    await using fixture = await startFixture("http", { auth, env });
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await fixture.fetch("/api/guarded", { headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ "x-functions-key": "g" })).toBe(404);
    expect(await status({ "x-functions-key": "m" })).toBe(200);
  });

  test("answers a ping to everybody", async () => {
    await using fixture = await startFixture("http", { auth });
    expect((await fixture.fetch("/admin/host/ping")).status).toBe(200);
  });
});

describe.concurrent("a host without keys", () => {
  test("lets everybody in and shows its state, its functions and its home page", async () => {
    await using fixture = await startFixture("http");
    expect((await fixture.fetch("/api/guarded-well")).status).toBe(200);
    const status: object = JSON.parse(await (await fixture.fetch("/admin/host/status")).text());
    expect(status).toMatchObject({ state: "Running" });
    const functions: { name: string }[] = JSON.parse(await (await fixture.fetch("/admin/functions")).text());
    expect(functions.find(({ name }) => name === "echo")).toMatchObject({
      invoke_url_template: `${fixture.host.url}/api/echo/{id?}`,
      isDisabled: false,
    });
    expect(functions.find(({ name }) => name === "twinB")).toHaveProperty("errors");
    expect(await (await fixture.fetch("/")).text()).toContain("up and running");
    expect((await fixture.fetch("/admin/host/drain", { method: "POST" })).status).toBe(404);
  });

  test("hides its home page when told to", async () => {
    await using fixture = await startFixture("http", { env: { AzureWebJobsDisableHomepage: "true" } });
    expect((await fixture.fetch("/")).status).toBe(204);
  });

  test("tells a port that is taken", async () => {
    await using fixture = await startFixture("http");
    await expect(startFixture("http", { port: fixture.host.port })).rejects.toThrow("EADDRINUSE");
  });

  test("refuses requests beyond the number that host.json allows at once", async () => {
    await using fixture = await startFixture("http", {
      env: { AzureFunctionsJobHost__extensions__http__maxOutstandingRequests: "1" },
    });
    const client = new AbortController();
    const slow = fixture.fetch("/api/slow/60000", { signal: client.signal });
    await fixture.untilLine(JSON.stringify({ slow: "begun" }));
    expect((await fixture.fetch("/api/text")).status).toBe(429);
    client.abort();
    await expect(slow).rejects.toThrow("aborted");
  });

  test("serves without a prefix when host.json says so", async () => {
    await using fixture = await startFixture("http", {
      env: { AzureFunctionsJobHost__extensions__http__routePrefix: "" },
    });
    expect((await fixture.fetch("/text")).status).toBe(200);
    expect((await fixture.fetch("/api/text")).status).toBe(404);
  });
});

describe.concurrent("a host that pages of other origins may call", () => {
  const origin = "https://example.org";

  test("answers a preflight for an origin on its list, and adds the header to answers", async () => {
    await using fixture = await startFixture("http", { cors: { origins: [origin], credentials: true } });
    const preflight = await fixture.fetch("/api/text", {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "x-own",
      },
    });
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "x-own",
      "access-control-allow-credentials": "true",
    });
    const answer = await fixture.fetch("/api/text", { headers: { origin } });
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answer.headers.get("vary")).toBe("Origin");
  });

  test("says nothing to an origin that is not", async () => {
    await using fixture = await startFixture("http", { cors: { origins: [origin], credentials: false } });
    const answer = await fixture.fetch("/api/text", { headers: { origin: "https://evil.example" } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });
});
