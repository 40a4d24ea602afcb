import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test, vi } from "vitest";

import { FleetRunningError, readFleetFile } from "../../local/fleet/fleet-file.ts";
import { NotReadyError } from "../../local/fleet/fleet.ts";
import { birthOf } from "../../local/fleet/process-identity.ts";
import { startFleet } from "../../local/fleet/start-fleet.ts";
import type { FleetEvent } from "../../local/fleet/event.ts";
import { expectAllGone, startTestFleet, type TestFleetOptions } from "../support/fleet.ts";

// What the supervisor does with hosts, shown with a host that holds no app and can be made to misbehave.

/** A fleet of hosts that need no services. */
const startHosts = (options: TestFleetOptions = {}) =>
  startTestFleet({
    hostEntry: join(import.meta.dirname, "../support/fixture-host.mjs"),
    serviceBus: "Endpoint=sb://nowhere.invalid/;SharedAccessKeyName=n;SharedAccessKey=k",
    tables: "UseDevelopmentStorage=true",
    instances: "web=2",
    ...options,
  });

async function temporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), "interrole-app-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const is =
  (event: string, instance?: string) =>
  (candidate: FleetEvent): boolean =>
    candidate.event === event && (instance === undefined || candidate.instance === instance);

describe("a fleet that starts", () => {
  test("says what it is in fleet.json and to its instances", async () => {
    await using started = await startHosts({ settings: { FIXTURE_NOTE: "for all" } });
    const { fleet, events } = started;
    await fleet.waitReady();

    expect(readFleetFile(fleet.stateDir)).toEqual({
      supervisor: { pid: process.pid, birth: birthOf(process.pid) },
      instances: fleet.instances,
      serviceBus: fleet.serviceBus,
      serviceBusAdmin: fleet.serviceBusAdmin,
      tables: fleet.tables,
    });
    expect(await events.until(is("fixture.ready", "web-1"))).toMatchObject({
      role: "web",
      note: "for all",
      heartbeat: "1000",
    });
    for (const { hostPid, workerPid } of fleet.instances) {
      expect([hostPid, workerPid]).toEqual([expect.any(Number), expect.any(Number)]);
    }
    expect(events.all.filter(is("fleet.instance-ready"))).toHaveLength(2);
  });

  test("shows what a host prints for people as output", async () => {
    await using started = await startHosts({ instances: "web-0" });
    const output = await started.events.until(is("output"));
    expect(output.message).toMatch(/^listening on \d+$/);
    await started.fleet.waitReady();
  });

  test("is refused while another runs with the same state directory, which is not disturbed", async () => {
    await using started = await startHosts({ instances: "web-0" });
    await started.fleet.waitReady();
    await expect(startFleet({ stateDir: started.fleet.stateDir })).rejects.toBeInstanceOf(FleetRunningError);
    expect(readFleetFile(started.fleet.stateDir)?.instances).toEqual(started.fleet.instances);
  });

  test("tells which instance is not ready, and why, and leaves the others be", async () => {
    await using started = await startHosts();
    const { fleet, events } = started;
    await fleet.waitReady();
    const again = events.next(is("fleet.host-started", "web-1"));
    await writeFile(join(fleet.stateDir, "web-1.settings.json"), '{"FIXTURE":"never-ready"}');
    await again;

    const notReady = fleet.waitReady(1_000);
    await expect(notReady).rejects.toBeInstanceOf(NotReadyError);
    await expect(notReady).rejects.toThrow(/^web-1: it answers 503 \{"reason":"as the fixture was told"\}$/);
    expect(await events.until(is("fleet.instance-not-ready"))).toMatchObject({
      instance: "web-1",
      level: "error",
    });
  });

  test("is refused when a settings file is wrong, with nothing left behind", async () => {
    await using started = await startHosts({ instances: "web-0" });
    const other = join(started.fleet.stateDir, "other");
    const options = { stateDir: other, serviceBus: "Endpoint=sb://x", tables: "y" };
    await mkdir(other);
    await writeFile(join(other, "web-0.settings.json"), "{");
    await expect(startFleet(options)).rejects.toThrow(/web-0\.settings\.json is not JSON/);
    expect(await readdir(other)).toEqual(["web-0.settings.json"]);
    await started.fleet.waitReady();
  });
});

describe("a process that ends", () => {
  test("as a host is started again on the same port, and its worker ends with it", async () => {
    await using started = await startHosts();
    const { fleet, events } = started;
    await fleet.waitReady();
    const before = fleet.instance("web-0");
    const other = fleet.instance("web-1");
    const worker = { pid: before.workerPid ?? 0, birth: birthOf(before.workerPid ?? 0) };
    const again = events.next(is("fixture.ready", "web-0"));

    fleet.kill("web-0", "host");

    await again;
    await fleet.waitReady();
    await expectAllGone([worker]);
    const after = fleet.instance("web-0");
    expect(after.url).toBe(before.url);
    expect(after.hostPid).not.toBe(before.hostPid);
    expect(fleet.instance("web-1")).toEqual(other);
    expect(await events.until(is("fleet.host-ended"))).toMatchObject({
      instance: "web-0",
      signal: "SIGKILL",
      delayMs: 100,
    });
    expect(readFleetFile(fleet.stateDir)?.instances).toEqual(fleet.instances);
  });

  test("as a worker is followed: fleet.json names the new one", async () => {
    await using started = await startHosts();
    const { fleet } = started;
    await fleet.waitReady();
    const before = fleet.instance("web-1");

    fleet.kill("web-1", "worker");

    await vi.waitFor(() => {
      const now = readFleetFile(fleet.stateDir)?.instances.find(({ id }) => id === "web-1");
      expect(now?.workerPid).not.toBe(before.workerPid);
      expect(now).toMatchObject({ hostPid: before.hostPid, workerPid: expect.any(Number) });
    });
  });

  test("again and again is started with longer and longer waits", async () => {
    await using started = await startHosts({ instances: "web-0", settings: { FIXTURE: "ends-at-once" } });
    const { events } = started;
    await events.until((event) => is("fleet.host-ended")(event) && event["ends"] === 4);
    expect(
      events.all.filter(is("fleet.host-ended")).map((event) => [event["code"], event["delayMs"]]),
    ).toEqual([
      [3, 100],
      [3, 200],
      [3, 400],
      [3, 800],
    ]);
  });
});

describe("a settings file that changes", () => {
  test("recycles its instance alone, which drains first", async () => {
    await using started = await startHosts();
    const { fleet, events } = started;
    await fleet.waitReady();
    const [before, other] = fleet.instances;
    const drained = events.next(is("fixture.drained"));
    const again = events.next(is("fixture.ready"));

    await writeFile(join(fleet.stateDir, "web-0.settings.json"), '{"FIXTURE_NOTE":"new","HEARTBEAT_MS":"7"}');

    expect(await drained).toMatchObject({ instance: "web-0" });
    expect(await again).toMatchObject({ instance: "web-0", note: "new", heartbeat: "7" });
    const [after, stillOther] = fleet.instances;
    expect(stillOther).toEqual(other);
    expect(after?.hostPid).not.toBe(before?.hostPid);
    expect(events.all.filter(is("fleet.host-ended"))).toEqual([]);
  });

  test("of the app recycles all instances, one after the other", async () => {
    await using app = await temporaryDirectory();
    await using started = await startHosts({ app: app.path });
    const { fleet, events } = started;
    await fleet.waitReady();
    const from = events.all.length;
    const last = events.next(is("fixture.ready", "web-1"));

    await writeFile(
      join(app.path, "local.settings.json"),
      '{"Values":{"FIXTURE_NOTE":"the host reads this itself"}}',
    );

    await last;
    const seen = events.all.slice(from).filter(({ event }) => event.startsWith("fixture."));
    expect(seen.map(({ event, instance }) => `${instance} ${event}`)).toEqual([
      "web-0 fixture.drained",
      "web-0 fixture.ready",
      "web-1 fixture.drained",
      "web-1 fixture.ready",
    ]);
  });

  test("back to nothing recycles it again, and an equal one does not", async () => {
    await using started = await startHosts({ instances: "web-0" });
    const { fleet, events } = started;
    const file = join(fleet.stateDir, "web-0.settings.json");
    await fleet.waitReady();
    const noted = events.next(is("fixture.ready"));
    await writeFile(file, '{"FIXTURE_NOTE":"new"}');
    expect(await noted).toMatchObject({ note: "new" });
    await writeFile(file, '{ "FIXTURE_NOTE": "new" }');
    const bare = events.next(is("fixture.ready"));
    await rm(file);
    expect(await bare).toMatchObject({ note: "" });
    expect(events.all.filter(is("fleet.settings-changed"))).toHaveLength(2);
  });

  test("into nonsense is refused with the reason, and the instance goes on", async () => {
    await using started = await startHosts({ instances: "web-0" });
    const { fleet, events } = started;
    await fleet.waitReady();
    const before = fleet.instances;
    await writeFile(join(fleet.stateDir, "web-0.settings.json"), '{"A":1}');
    const refused = await events.until(is("fleet.settings-refused"));
    expect(refused).toMatchObject({ instance: "web-0", level: "error" });
    expect(refused.message).toMatch(/must be an object of strings/);
    expect(fleet.instances).toEqual(before);
  });
});

describe("a fleet that stops", () => {
  test("lets its hosts drain and leaves no process and no file", async () => {
    const started = await startHosts();
    const { fleet, events } = started;
    await fleet.waitReady();
    await Promise.all([fleet.stop(), fleet.stop()]);
    expect(events.all.filter(is("fixture.drained"))).toHaveLength(2);
    expect(events.all.at(-1)).toMatchObject({ event: "fleet.stopped" });
    await expectAllGone(started.processes());
    expect(existsSync(join(fleet.stateDir, "fleet.json"))).toBe(false);
    await started[Symbol.asyncDispose]();
  });

  test("at once kills even hosts that would not drain", async () => {
    await using started = await startHosts({ settings: { FIXTURE: "never-drains" } });
    const { fleet } = started;
    await fleet.waitReady();
    const stopping = fleet.stop();
    fleet.killNow();
    await stopping;
    expect(fleet.instances.map(({ hostPid }) => hostPid)).toEqual([null, null]);
    await expectAllGone(started.processes());
  });

  test("while a host waits to be started again does not wait for it", async () => {
    await using started = await startHosts({ instances: "web-0", settings: { FIXTURE: "ends-at-once" } });
    const { delayMs } = await started.events.until((event) => event["ends"] === 4);
    const began = performance.now();
    await started.fleet.stop();
    expect(performance.now() - began).toBeLessThan(Number(delayMs));
  });
});
