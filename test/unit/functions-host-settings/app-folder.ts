import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Settings, loadSettings } from "../../../local/functions/settings/settings.ts";

/** What the files of a function app say; an object is written as JSON, a text as it is. */
export interface AppFiles {
  readonly host?: object | string;
  readonly local?: object | string;
  readonly env?: Record<string, string>;
}

/** The settings of an app with these files in a folder of its own, which is removed after the test. */
export function settingsOf({ host = {}, local, env = {} }: AppFiles = {}): Settings {
  const appDir = mkdtempSync(join(tmpdir(), "interrole-app-"));
  onTestFinished(() => rmSync(appDir, { recursive: true, force: true }));
  write(appDir, "host.json", typeof host === "string" ? host : { version: "2.0", ...host });
  if (local !== undefined) write(appDir, "local.settings.json", local);
  return loadSettings({ appDir, env });
}

function write(folder: string, name: string, content: object | string): void {
  writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
}
