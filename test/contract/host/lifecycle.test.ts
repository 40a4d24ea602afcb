import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import {
  fixtureDir,
  hostPath,
  isAlive,
  responseTo,
  startFixture,
  type FixtureHost,
  type FixtureOptions,
} from "../../support/host.ts";

const opened: FixtureHost[] = [];

async function start(app: string, options?: FixtureOptions): Promise<FixtureHost> {
  const fixture = await startFixture(app, options);
  opened.push(fixture);
  return fixture;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((fixture) => fixture[Symbol.asyncDispose]()));
});

function hookLine(hook: string, more: object = {}): string {
  return JSON.stringify({ hook, ...more });
}

describe("an app", () => {
  test("is loaded from every file that package.json names, modules and CommonJS", async () => {
    const fixture = await start("modules");
    for (const [name, body] of Object.entries({ fromMjs: "mjs", fromModule: "module", fromCjs: "cjs" })) {
      expect(await (await fixture.fetch(`/api/${name}`)).text()).toBe(body);
    }
  });

  test("runs its hooks in order, and they may change what the function gets and returns", async () => {
    const fixture = await start("lifecycle");
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
    const fixture = await start("lifecycle");
    expect(await (await fixture.fetch("/api/mended")).text()).toBe("mended: broken");
    expect((await fixture.fetch("/api/spoilt")).status).toBe(500);
  });

  test("cannot register a function once it is loaded", async () => {
    const fixture = await start("lifecycle");
    expect((await fixture.fetch("/api/late")).status).toBe(500);
    const failed = await fixture.untilLogged("Executed 'Functions.late' (Failed");
    expect(String(failed.error)).toContain("A function can only be registered during app startup.");
  });

  test("is told at start what the host cannot do, and the rest of it runs", async () => {
    const fixture = await start("lifecycle");
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

describe("a host that stops", () => {
  test("lets what is in flight finish, then runs the appTerminate hooks", async () => {
    const fixture = await start("lifecycle");
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
    const fixture = await start("lifecycle");
    const slow = fixture.fetch("/api/slow").then(
      ({ status }) => status,
      () => "broken off",
    );
    await fixture.untilLine(JSON.stringify({ slow: "begun" }));
    await fixture.host.stop(10);
    expect([500, "broken off"]).toContain(await slow);
    await fixture.untilLogged("1 requests were still in flight and are cut off");
  });

  test("does not wait for event streams, which the hooks may end in their own words", async () => {
    const fixture = await start("lifecycle", { env: { STREAMING: "1" } });
    const [said, silent] = await Promise.all(
      ["stream", "endless"].map((path) => responseTo(httpRequest(`${fixture.host.url}/api/${path}`).end())),
    );
    const [words, nothing] = [said?.toArray(), silent?.toArray()];
    await eventually(() => fixture.log.filter(({ message }) => message.startsWith("Executing")).length >= 2);
    const begun = performance.now();
    await fixture.host.stop(30_000);
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(Buffer.concat((await words) ?? []).toString()).toBe(": open\n\ndata: goodbye\n\n");
    // Ended in good order, not broken off, though the app forgot it.
    expect(Buffer.concat((await nothing) ?? []).toString()).toBe(": open\n\n");
  });

  test("may be told to more than once, and at any time", async () => {
    const fixture = await start("lifecycle");
    await Promise.all([fixture.host.stop(), fixture.host.stop(), fixture.host.stop()]);
    await fixture.host.stop();
    expect(await fixture.host.stopped).toBeUndefined();
    expect(fixture.lines.filter((line) => line.includes("appTerminate"))).toHaveLength(1);
  });

  test("kills a worker whose hooks do not come to an end", async () => {
    const fixture = await start("http", { timings: { terminateMs: 100 } });
    const pid = fixture.host.workerPid ?? 0;
    void fixture.fetch("/api/stuck").catch(() => undefined);
    await fixture.untilLogged("Executing 'Functions.stuck'");
    await fixture.host.stop(0);
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });

  test("restarts no worker that was between two lives", async () => {
    const fixture = await start("http", { timings: { errorRestartMs: 60_000 } });
    await fixture.fetch("/api/exit/1");
    await eventually(() => fixture.host.state === "restarting");
    await fixture.host.stop();
    expect(fixture.events.filter(({ kind }) => kind === "worker-started")).toHaveLength(1);
  });
});

describe("the command", () => {
  const children: ChildProcess[] = [];

  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  function command(...args: string[]) {
    const child = fork(hostPath, ["--app", fixtureDir("lifecycle"), "--port", "0", ...args], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: [],
    });
    children.push(child);
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const workers: (number | null)[] = [];
    child.on("message", (message: { pid: number | null }) => workers.push(message.pid));
    return { child, workers, text: () => output };
  }

  test("serves until SIGTERM, then drains and ends with 0", async () => {
    const { child, workers, text } = command();
    await eventually(() => text().includes("The host is ready at"));
    const url = /ready at (http:\S+?)\.\n/.exec(text())?.[1] ?? "";
    const pid = Number(await (await fetch(`${url}/api/pid`)).text());
    expect(workers).toEqual([pid]);
    const slow = fetch(`${url}/api/slow`);
    await eventually(() => text().includes('{"slow":"begun"}'));
    child.kill("SIGTERM");
    expect(await (await slow).text()).toBe("done");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    expect(text()).toContain(hookLine("appTerminate", { data: "appStart" }));
    expect(isAlive(pid)).toBe(false);
  });

  test("leaves no worker behind when it is killed", async () => {
    const { child, workers, text } = command();
    await eventually(() => text().includes("The host is ready at"));
    child.kill("SIGKILL");
    await once(child, "exit");
    const pid = workers[0] ?? 0;
    expect(pid).toBeGreaterThan(0);
    await eventually(() => !isAlive(pid));
  });

  test("stops when whoever forked it is gone", async () => {
    const { child, text } = command();
    await eventually(() => text().includes("The host is ready at"));
    child.disconnect();
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });

  test("ends with 1 and the reason when the folder holds no app", async () => {
    const child = fork(hostPath, ["--app", "/nonexistent", "--port", "0"], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const [code] = await once(child, "close");
    expect(code).toBe(1);
    expect(errors).toContain("host.json is missing");
  });

  test("may be told to end while it is still starting", async () => {
    const { child, workers } = command();
    await eventually(() => workers.length > 0);
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    await eventually(() => expect(isAlive(workers[0] ?? 0)).toBe(false));
  });

  test("asks for keys when told to", async () => {
    const { child, text } = command("--enable-auth", "--master-key", "m");
    await eventually(() => text().includes("The host is ready at"));
    const url = /ready at (http:\S+?)\.\n/.exec(text())?.[1] ?? "";
    expect((await fetch(`${url}/admin/functions`)).status).toBe(401);
    expect((await fetch(`${url}/admin/functions?code=m`)).status).toBe(200);
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });
});
