import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { loadConfig, loadForOfficialEmulator } from "../../../local/servicebus/config/load-config.ts";
import { readConfig } from "../../../local/servicebus/config/read-config.ts";

const topology = resolve(import.meta.dirname, "../../../infra/topology.json");
const instances = [{ id: "web-0", role: "web" }];
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "interrole-config-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

describe("a file for the broker", () => {
  it("is told by its content: the topology", async () => {
    const { config } = await loadConfig(topology, instances);
    expect(config.topics.map(({ name }) => name)).toContain("control");
    expect(config.topics[0]?.subscriptions.map(({ name }) => name)).toEqual(["web-0"]);
  });

  it("is told by its content: the official emulator's format", async () => {
    const text =
      '\u{FEFF}{ "UserConfig": { "Namespaces": [{ "Name": "n", "Queues": [{ "Name": "q" }] }] } } // end';
    const { config } = await loadConfig(await file("config.json", text), instances);
    expect(config.queues.map(({ name }) => name)).toEqual(["q"]);
  });

  it("is written for the official emulator, and can be read again", async () => {
    const printed = await loadForOfficialEmulator(topology, instances);
    expect(readConfig(printed).config.queues.every(({ defaultTtlMs }) => defaultTtlMs <= 3_600_000)).toBe(
      true,
    );
    const again = await file("again.json", printed);
    await expect(loadForOfficialEmulator(again, instances)).rejects.toThrow(
      /in the official emulator's format already/,
    );
  });

  it.each([
    ["broken.json", "{ nope", /line 1, column 3: InvalidSymbol/],
    ["list.json", "[]", /expected object/],
    ["empty.json", "", /ValueExpected/],
    ["topology.json", '{ "queues": { "q": {} }, "topics": {} }', /queues\.q\.lockDuration: /],
  ])("is refused with the reason: %s", async (name, text, problem) => {
    await expect(loadConfig(await file(name, text), instances)).rejects.toThrow(problem);
  });

  it("is refused when it is not there", async () => {
    await expect(loadConfig(join(directory, "nothing.json"), instances)).rejects.toThrow(
      /cannot be read: ENOENT/,
    );
  });
});
