import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { isFree } from "../../local/fleet/ports.ts";
import { expectAllGone } from "../support/fleet.ts";
import { FleetCommand } from "../support/fleet-command.ts";

const anyPorts = [
  "--port",
  "0",
  "--servicebus-port",
  "0",
  "--servicebus-admin-port",
  "0",
  "--tables-port",
  "0",
];
const oneInstance = { args: ["--instances", "web-0", ...anyPorts] };

const portsOf = (command: FleetCommand): number[] =>
  command.file.instances.map(({ url }) => Number(new URL(url).port));

/** Something that listens, closed at the end of its block. */
async function listener() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The listener has no port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

describe("npm start", () => {
  test("is ready and names its instances and services in fleet.json", async () => {
    await using command = await FleetCommand.start();
    await command.ready();
    const { instances, serviceBus, serviceBusAdmin, tables } = command.file;
    expect(instances.map(({ id, role }) => [id, role])).toEqual([
      ["web-0", "web"],
      ["web-1", "web"],
      ["api-0", "api"],
    ]);
    for (const { id, url, workerPid } of instances) {
      const answer = await fetch(`${url}/api/health/ready`);
      expect(await answer.json()).toMatchObject({ instance: id, pid: workerPid });
    }
    expect(serviceBus).toMatch(/^Endpoint=sb:\/\/127\.0\.0\.1:\d+/);
    expect(serviceBusAdmin).toMatch(/^Endpoint=sb:\/\/127\.0\.0\.1:\d+/);
    expect(tables).toMatch(/TableEndpoint=http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1;/);
  });

  test.each([
    [["--help"], 0, /--instances/],
    [["--instances", "web"], 2, /"web" is not an instance/],
    [["--prot", "1"], 2, /Unknown argument: prot/],
  ])("answers %j", async (args, code, text) => {
    await using command = await FleetCommand.start({ args });
    expect(await command.ended).toMatchObject({ code });
    expect(command.lines.join("\n")).toMatch(text);
  });

  test("is refused with the remedy when a port that was given is taken", async () => {
    await using taken = await listener();
    await using command = await FleetCommand.start({
      args: [...anyPorts, "--port", String(taken.port)].slice(2),
    });
    expect(await command.ended).toMatchObject({ code: 2 });
    expect(command.lines.join("\n")).toContain(
      `Port ${taken.port} is taken. Free it, or give another with --port`,
    );
    expect(existsSync(join(command.stateDir, "fleet.json"))).toBe(false);
  });
});

describe("the end of npm start", () => {
  test("by one Ctrl-C, which a terminal and npm both deliver, lets everything end in order", async () => {
    await using command = await FleetCommand.start();
    await command.ready();
    const { processes } = command;
    const ports = portsOf(command);
    expect(processes).toHaveLength(7);

    command.child.kill("SIGINT");
    command.child.kill("SIGINT");

    expect(await command.ended).toEqual({ code: 0, signal: null });
    await expectAllGone(processes);
    for (const port of ports) expect(await isFree(port)).toBe(true);
    expect(existsSync(join(command.stateDir, "fleet.json"))).toBe(false);
    expect(command.events.all.at(-1)).toMatchObject({ event: "fleet.stopped" });
  });

  test("by kill -9 takes hosts and workers with it, and the next start takes over the file", async () => {
    await using command = await FleetCommand.start(oneInstance);
    await command.ready();
    const { processes, stateDir } = command;

    command.child.kill("SIGKILL");
    await command.ended;

    await expectAllGone(processes);
    expect(existsSync(join(stateDir, "fleet.json"))).toBe(true);
    await using next = await FleetCommand.start({ ...oneInstance, stateDir });
    await next.ready();
    expect(next.file.supervisor.pid).toBe(next.child.pid);
  });

  test("comes when the npm that started it is gone", async () => {
    await using command = await FleetCommand.start({
      ...oneInstance,
      env: { npm_lifecycle_event: "start" },
      via: (words) => ["/bin/sh", "-c", `${words.map((word) => `'${word}'`).join(" ")}; true`],
    });
    await command.ready();
    const { processes } = command;

    command.child.kill("SIGKILL");

    await expectAllGone(processes);
    expect(existsSync(join(command.stateDir, "fleet.json"))).toBe(false);
  });
});
