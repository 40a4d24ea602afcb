import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { runHost } from "../../support/host-command.ts";
import { fixtureDir, isAlive } from "../../support/host.ts";

describe.concurrent("the command", () => {
  test("serves until SIGTERM, then drains and ends with 0", async () => {
    await using host = runHost(fixtureDir("lifecycle"));
    const url = await host.url();
    const pid = Number(await (await fetch(`${url}/api/pid`)).text());
    expect(host.workers).toEqual([pid]);
    const slow = fetch(`${url}/api/slow`);
    await host.untilText('{"slow":"begun"}');
    host.child.kill("SIGTERM");
    expect(await (await slow).text()).toBe("done");
    expect(await host.exitCode()).toBe(0);
    expect(host.text()).toContain(JSON.stringify({ hook: "appTerminate", data: "appStart" }));
    expect(isAlive(pid)).toBe(false);
  });

  test("drains also when Ctrl-C reaches its worker too", async () => {
    await using host = runHost(fixtureDir("lifecycle"));
    const url = await host.url();
    const slow = fetch(`${url}/api/slow`);
    await host.untilText('{"slow":"begun"}');
    for (const pid of [host.workers[0], host.child.pid]) process.kill(pid ?? 0, "SIGINT");
    expect(await (await slow).text()).toBe("done");
    expect(await host.exitCode()).toBe(0);
  });

  test("leaves no worker behind when it is killed", async () => {
    await using host = runHost(fixtureDir("lifecycle"));
    await host.url();
    host.child.kill("SIGKILL");
    await host.exitCode();
    const pid = host.workers[0] ?? 0;
    expect(pid).toBeGreaterThan(0);
    await eventually(() => !isAlive(pid));
  });

  test("leaves no worker behind when it is killed, not even one that a function keeps busy", async () => {
    await using host = runHost(fixtureDir("http"));
    const url = await host.url();
    const pid = host.workers[0] ?? 0;
    fetch(`${url}/api/stuck`).catch(() => undefined);
    await host.untilText("Executing 'Functions.stuck'");
    host.child.kill("SIGKILL");
    await host.exitCode();
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });

  test("stops when whoever forked it is gone", async () => {
    await using host = runHost(fixtureDir("lifecycle"));
    await host.url();
    host.child.disconnect();
    expect(await host.exitCode()).toBe(0);
  });

  test("may be told to end while it is still starting", async () => {
    await using host = runHost(fixtureDir("lifecycle"));
    await eventually(() => expect(host.workers).toHaveLength(1));
    host.child.kill("SIGTERM");
    expect(await host.exitCode()).toBe(0);
    await eventually(() => expect(isAlive(host.workers[0] ?? 0)).toBe(false));
  });

  test("asks for keys when told to", async () => {
    await using host = runHost(fixtureDir("lifecycle"), { args: ["--enable-auth", "--master-key", "m"] });
    const url = await host.url();
    expect((await fetch(`${url}/admin/functions`)).status).toBe(401);
    expect((await fetch(`${url}/admin/functions?code=m`)).status).toBe(200);
    host.child.kill("SIGINT");
    expect(await host.exitCode()).toBe(0);
  });

  test("gives the worker's node the arguments that a setting names", async () => {
    const env = { languageWorkers__node__arguments: "--max-old-space-size=64  --title=worker-of-a-test" };
    await using host = runHost(fixtureDir("http"), { env });
    const seen = await (await fetch(`${await host.url()}/api/process`)).json();
    expect(seen).toMatchObject({ execArgv: ["--max-old-space-size=64", "--title=worker-of-a-test"] });
  });
});

describe.concurrent("the command ends with 1 and the reason", () => {
  test.each([
    ["the folder holds no app", {}, {}, "host.json is missing"],
    ["host.json is no JSON", { "host.json": "{" }, {}, "host.json is not valid JSON"],
    ["host.json is of another version", { "host.json": '{"version":"1.0"}' }, {}, "must be '2.0'"],
    [
      "the app is for another runtime",
      { "host.json": '{"version":"2.0"}' },
      { FUNCTIONS_WORKER_RUNTIME: "python" },
      "FUNCTIONS_WORKER_RUNTIME is 'python'",
    ],
    [
      "the app has a handler of its own",
      { "host.json": '{"version":"2.0","customHandler":{"description":{"defaultExecutablePath":"x"}}}' },
      {},
      "customHandler is not supported",
    ],
    [
      "local.settings.json is encrypted",
      { "host.json": '{"version":"2.0"}', "local.settings.json": '{"IsEncrypted":true}' },
      {},
      "func settings decrypt",
    ],
    [
      "the app cannot be loaded",
      { "host.json": '{"version":"2.0"}', "package.json": '{"main":"nowhere.js"}' },
      {},
      'Found zero files matching "main" of package.json',
    ],
  ])("when %s", async (_, files, env, reason) => {
    const folder = await mkdtemp(join(tmpdir(), "host-"));
    try {
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      await using host = runHost(folder, { env });
      expect(await host.exitCode()).toBe(1);
      expect(host.text()).toContain(reason);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
