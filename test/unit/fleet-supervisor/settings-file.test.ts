import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { readSettingsFile, SettingsFileError } from "../../../local/fleet/settings-file.ts";

let directory = "";
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "interrole-settings-"))));
afterEach(() => rm(directory, { recursive: true }));

describe("an instance's settings file", () => {
  test("need not exist", async () => {
    expect(await readSettingsFile(join(directory, "web-0.settings.json"))).toEqual({});
  });

  test("is an object of strings", async () => {
    const file = join(directory, "a.json");
    await writeFile(file, '{"HEARTBEAT_MS":"500"}');
    expect(await readSettingsFile(file)).toEqual({ HEARTBEAT_MS: "500" });
  });

  test.each([
    ["{", /is not JSON/],
    ['{"A":1}', /Wrong: A: /],
    ["[]", /must be an object of strings/],
    ['"text"', /Wrong: the whole: /],
  ])("is refused with the reason: %s", async (text, reason) => {
    const file = join(directory, "a.json");
    await writeFile(file, text);
    await expect(readSettingsFile(file)).rejects.toBeInstanceOf(SettingsFileError);
    await expect(readSettingsFile(file)).rejects.toThrow(reason);
  });

  test("that is a directory is refused", async () => {
    await expect(readSettingsFile(directory)).rejects.toThrow(/cannot be read/);
  });
});
