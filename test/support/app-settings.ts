import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Settings, loadSettings } from "../../local/functions/settings/settings.ts";

/** What the files of a function app say; an object is written as JSON, a text as it is. */
export interface AppFiles {
  readonly host?: object | string;
  readonly local?: object | string;
  readonly env?: Record<string, string>;
}

/** The settings of an app with these files. They are read once, so the app's folder is gone afterwards. */
export function settingsOf({ host = {}, local, env = {} }: AppFiles = {}): Settings {
  const appDir = mkdtempSync(join(tmpdir(), "interrole-app-"));
  try {
    write(appDir, "host.json", typeof host === "string" ? host : { version: "2.0", ...host });
    if (local !== undefined) write(appDir, "local.settings.json", local);
    return loadSettings({ appDir, env });
  } finally {
    rmSync(appDir, { recursive: true, force: true });
  }
}

function write(folder: string, name: string, content: object | string): void {
  writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
}
