import { join } from "node:path";

import { readLocalSettings } from "../functions/settings/local-settings.ts";
import type { InstanceSpec } from "./instance-list.ts";
import type { FleetLog } from "./log.ts";
import { readSettingsFile, settingsFile, type AddedSettings } from "./settings-file.ts";

/** What the files say for one instance at one moment. */
export interface FileSettings {
  /** From the instance's own file. */
  readonly own: AddedSettings;
  /** Names that local.settings.json gives values to. */
  readonly localNames: readonly string[];
}

interface Reading extends FileSettings {
  /** Equal for equal settings. */
  readonly fingerprint: string;
}

/** Reads the settings files and remembers with which settings each instance was last started. */
export class InstanceSettings {
  readonly #stateDir: string;
  readonly #app: string;
  readonly #log: FleetLog;
  readonly #applied = new Map<string, Reading>();

  constructor(options: { stateDir: string; app: string; log: FleetLog }) {
    this.#stateDir = options.stateDir;
    this.#app = options.app;
    this.#log = options.log;
  }

  /** The file that holds settings for all instances. */
  get sharedFile(): string {
    return join(this.#app, "local.settings.json");
  }

  /** The file that holds settings for one instance. */
  ownFile(spec: InstanceSpec): string {
    return settingsFile(this.#stateDir, spec.id);
  }

  /** Reads the files for the first time. Throws when one cannot be used: better before anything runs than in every host. */
  async load(specs: readonly InstanceSpec[]): Promise<void> {
    for (const spec of specs) this.#applied.set(spec.id, await this.#read(spec));
  }

  /** The settings to start this instance with now: from the last good files when the present ones cannot be used. */
  async forStart(spec: InstanceSpec): Promise<FileSettings> {
    const reading = (await this.#readOrRefuse(spec)) ?? this.#applied.get(spec.id);
    if (!reading) return { own: {}, localNames: [] };
    this.#applied.set(spec.id, reading);
    return reading;
  }

  /** Whether the files say something else than what this instance was last started with. */
  async haveChanged(spec: InstanceSpec): Promise<boolean> {
    const reading = await this.#readOrRefuse(spec);
    return reading !== undefined && reading.fingerprint !== this.#applied.get(spec.id)?.fingerprint;
  }

  async #readOrRefuse(spec: InstanceSpec): Promise<Reading | undefined> {
    try {
      return await this.#read(spec);
    } catch (error) {
      this.#log.settingsRefused(spec, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  async #read(spec: InstanceSpec): Promise<Reading> {
    const own = await readSettingsFile(this.ownFile(spec));
    const local = readLocalSettings(this.#app);
    return {
      own,
      localNames: [...local.values.keys()],
      fingerprint: JSON.stringify([own, [...local.values], [...local.connectionStrings], local.server]),
    };
  }
}
