import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { FleetFile, fleetFile, FleetRunningError, readFleetFile } from "../../../local/fleet/fleet-file.ts";

const facts = {
  instances: [{ id: "web-0", role: "web", url: "http://127.0.0.1:7071", hostPid: 11, workerPid: null }],
  serviceBus: "sb",
  serviceBusAdmin: "sba",
  tables: "t",
};

let stateDir = "";
beforeEach(async () => (stateDir = join(await mkdtemp(join(tmpdir(), "interrole-state-")), "state")));
afterEach(() => rm(join(stateDir, ".."), { recursive: true }));

/** The file as a supervisor left it that is gone: its process id belongs to this process now. */
function leaveStale(): void {
  mkdirSync(stateDir);
  writeFileSync(
    fleetFile(stateDir),
    JSON.stringify({ supervisor: { pid: process.pid, birth: "earlier" }, ...facts }),
  );
}

describe("fleet.json", () => {
  test("tells what runs, and leaves nothing else in the directory", () => {
    const file = FleetFile.claim(stateDir);
    file.write(facts);
    expect(readFleetFile(stateDir)).toEqual({
      supervisor: { pid: process.pid, birth: expect.any(String) },
      ...facts,
    });
    expect(readdirSync(stateDir)).toEqual(["fleet.json"]);
  });

  test("is removed at the end", () => {
    FleetFile.claim(stateDir).remove();
    expect(existsSync(fleetFile(stateDir))).toBe(false);
    expect(readFleetFile(stateDir)).toBeUndefined();
  });

  test("of a fleet that runs is not taken over", () => {
    FleetFile.claim(stateDir).write(facts);
    expect(() => FleetFile.claim(stateDir)).toThrow(FleetRunningError);
    expect(() => FleetFile.claim(stateDir)).toThrow(`process ${process.pid}`);
    expect(readFleetFile(stateDir)).toMatchObject(facts);
  });

  test("of a fleet that is gone is overwritten, even if its process id lives on in another process", () => {
    leaveStale();
    FleetFile.claim(stateDir).write({ ...facts, tables: "new" });
    expect(readFleetFile(stateDir)).toMatchObject({ tables: "new" });
  });

  test.each(["", "{", "[]", '{"supervisor":1}'])("that is not a fleet's is overwritten: %j", (text) => {
    mkdirSync(stateDir);
    writeFileSync(fleetFile(stateDir), text);
    FleetFile.claim(stateDir).write(facts);
    expect(readFleetFile(stateDir)).toMatchObject(facts);
  });
});
