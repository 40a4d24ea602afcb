import { request as httpRequest } from "node:http";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { isAlive, responseTo, startFixture } from "../../support/host.ts";

function hookLine(hook: string, more: object = {}): string {
  return JSON.stringify({ hook, ...more });
}

describe.concurrent("an app", () => {
  test("is loaded from every file that package.json names, modules and CommonJS", async () => {
    await using fixture = await startFixture("modules");
    for (const [name, body] of Object.entries({ fromMjs: "mjs", fromModule: "module", fromCjs: "cjs" })) {
      expect(await (await fixture.fetch(`/api/${name}`)).text()).toBe(body);
    }
  });

  test("runs its hooks in order, and they may change what the function gets and returns", async () => {
    await using fixture = await startFixture("lifecycle");
    expect(await (await fixture.fetch("/api/hooked")).text()).toBe("[added by a hook]!");
    await fixture.untilLine(hookLine("postInvocation", { seen: "before", error: null }));
    expect(fixture.lines).toContain(hookLine("appStart"));
    expect(fixture.lines).not.toContain(hookLine("disposed"));
    for (const name of ["hookData", "invocationContext"]) {
      expect(fixture.lines).toContain(
        JSON.stringify({ refused: `Cannot assign to read only property '${name}'` }),
      );
    }
    await fixture.untilLogged("my ***");
    await fixture.untilLogged('Executing 1 "appStart" hooks');
  });

  test("may mend a failure in a hook, or fail what was fine", async () => {
    await using fixture = await startFixture("lifecycle");
    expect(await (await fixture.fetch("/api/mended")).text()).toBe("mended: broken");
    expect((await fixture.fetch("/api/spoilt")).status).toBe(500);
  });

  test("cannot register a function once it is loaded", async () => {
    await using fixture = await startFixture("lifecycle");
    expect((await fixture.fetch("/api/late")).status).toBe(500);
    const failed = await fixture.untilLogged("Executed 'Functions.late' (Failed");
    expect(String(failed.error)).toContain("A function can only be registered during app startup.");
  });

  test("is told at start what the host cannot do, and the rest of it runs", async () => {
    await using fixture = await startFixture("lifecycle");
    await fixture.untilLogged("3 of 11 functions cannot run:");
    await fixture.untilLogged(
      "'unsupportedTrigger' function is in error: the trigger type 'queueTrigger' is not supported",
    );
    await fixture.untilLogged(
      "'unsupportedOutput' function is in error: the output binding type 'blob' is not supported",
    );
    await fixture.untilLogged(
      "'noConnection' function is in error: Service Bus connection 'NOT_SET' does not exist",
    );
    expect((await fixture.fetch("/api/unsupported-output")).status).toBe(404);
    expect((await fixture.fetch("/api/pid")).status).toBe(200);
  });
});

describe.concurrent("a host that stops", () => {
  test("lets what is in flight finish, then runs the appTerminate hooks", async () => {
    await using fixture = await startFixture("lifecycle");
    const pid = fixture.host.workerPid ?? 0;
    const slow = fixture.fetch("/api/slow");
    await fixture.untilLine(JSON.stringify({ slow: "begun" }));
    const stopping = fixture.host.stop();
    await expect(fixture.fetch("/api/pid")).rejects.toThrow("fetch failed");
    expect(await (await slow).text()).toBe("done");
    await stopping;
    expect(fixture.host.state).toBe("stopped");
    await eventually(() => !isAlive(pid));
    expect(fixture.lines.slice(-2)).toEqual([
      JSON.stringify({ slow: "done" }),
      hookLine("appTerminate", { data: "appStart" }),
    ]);
  });

  test("cuts off what takes longer than the grace", async () => {
    await using fixture = await startFixture("http");
    const slow = fixture.fetch("/api/slow/60000").then(
      ({ status }) => status,
      () => "broken off",
    );
    await fixture.untilLine(JSON.stringify({ slow: "begun" }));
    await fixture.host.stop(10);
    expect([500, "broken off"]).toContain(await slow);
    await fixture.untilLogged("1 requests were still in flight and are cut off");
  });

  test("does not wait for event streams, which the hooks may end in their own words", async () => {
    await using fixture = await startFixture("lifecycle", { env: { STREAMING: "1" } });
    const [said, silent] = await Promise.all(
      ["stream", "endless"].map((path) => responseTo(httpRequest(`${fixture.host.url}/api/${path}`).end())),
    );
    const [words, nothing] = [said?.toArray(), silent?.toArray()];
    await eventually(() => fixture.log.filter(({ message }) => message.startsWith("Executing")).length >= 2);
    const begun = performance.now();
    await fixture.host.stop(30_000);
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect(Buffer.concat((await words) ?? []).toString()).toBe(": open\n\ndata: goodbye\n\n");
    // Ended in good order, not broken off, though the app forgot it.
    expect(Buffer.concat((await nothing) ?? []).toString()).toBe(": open\n\n");
  });

  test("may be told to more than once, and at any time", async () => {
    await using fixture = await startFixture("lifecycle");
    await Promise.all([fixture.host.stop(), fixture.host.stop(), fixture.host.stop()]);
    await fixture.host.stop();
    expect(await fixture.host.stopped).toBeUndefined();
    // What the worker printed last may be read after it has ended.
    await eventually(() =>
      expect(fixture.lines.filter((line) => line.includes("appTerminate"))).toHaveLength(1),
    );
  });

  test("kills a worker whose hooks do not come to an end", async () => {
    await using fixture = await startFixture("http", { timings: { terminateMs: 100 } });
    const pid = fixture.host.workerPid ?? 0;
    void fixture.fetch("/api/stuck").catch(() => undefined);
    await fixture.untilLogged("Executing 'Functions.stuck'");
    await fixture.host.stop(0);
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });

  test("restarts no worker that was between two lives", async () => {
    await using fixture = await startFixture("http", { timings: { errorRestartMs: 60_000 } });
    await fixture.fetch("/api/exit/1");
    await eventually(() => fixture.host.state === "restarting");
    await fixture.host.stop();
    expect(fixture.events.filter(({ kind }) => kind === "worker-started")).toHaveLength(1);
  });
});
