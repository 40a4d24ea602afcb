import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Settings that a file adds to those of one instance. */
export type AddedSettings = Readonly<Record<string, string>>;

const settingsSchema = z.record(z.string(), z.string());

/** A settings file that cannot be used, with the remedy. */
export class SettingsFileError extends Error {
  override readonly name = "SettingsFileError";
}

/** Where an instance's own settings are looked for. */
export function settingsFile(stateDir: string, instance: string): string {
  return join(stateDir, `${instance}.settings.json`);
}

/** Reads a settings file: a JSON object of strings. None when there is no file. Throws SettingsFileError. */
export async function readSettingsFile(file: string): Promise<AddedSettings> {
  const text = await readIfThere(file);
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SettingsFileError(
      `${file} is not JSON: ${error instanceof Error ? error.message : "unreadable"}.`,
    );
  }
  const parsed = settingsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${issue.path.join(".") || "the whole"}: ${issue.message}`,
  );
  throw new SettingsFileError(
    `${file} must be an object of strings, such as {"HEARTBEAT_MS": "500"}. Wrong: ${faults.join("; ")}.`,
  );
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new SettingsFileError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}
