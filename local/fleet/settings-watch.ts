import { dirname } from "node:path";

import { watch, type FSWatcher } from "chokidar";

/** A file counts as written when it has not changed for this long: editors write in several steps. */
const settled = { stabilityThreshold: 100, pollInterval: 25 };

/**
 * Calls back, one file at a time and in the order of the changes, when one of these files appears, changes or goes; and once for
 * each at the beginning, because it may have changed before it was watched. A file need not exist, but its directory must.
 * `onChange` must not reject.
 */
export class SettingsWatch {
  readonly #watcher: FSWatcher;
  #turn: Promise<void> = Promise.resolve();

  private constructor(files: readonly string[], onChange: (file: string) => Promise<void>) {
    // Directories are watched: a file that does not exist yet cannot be.
    const watched = new Set([...files, ...files.map((file) => dirname(file))]);
    this.#watcher = watch([...new Set(files.map((file) => dirname(file)))], {
      ignored: (path) => !watched.has(path),
      ignoreInitial: true,
      awaitWriteFinish: settled,
    });
    const enqueue = (file: string): void => {
      this.#turn = this.#turn.then(() => onChange(file));
    };
    for (const event of ["add", "change", "unlink"] as const) this.#watcher.on(event, enqueue);
    this.#watcher.once("ready", () => files.forEach(enqueue));
  }

  /** Begins to watch; settles when every later change will be seen. */
  static async start(
    files: readonly string[],
    onChange: (file: string) => Promise<void>,
  ): Promise<SettingsWatch> {
    const watching = new SettingsWatch(files, onChange);
    await new Promise<void>((resolve, reject) => {
      watching.#watcher.once("ready", resolve);
      watching.#watcher.once("error", reject);
    });
    // Afterwards a watch that fails is a change that is not noticed, and no reason to end the fleet.
    watching.#watcher.on("error", () => undefined);
    return watching;
  }

  /** Sees no more changes and waits for what is being done about the last one. */
  async close(): Promise<void> {
    await this.#watcher.close();
    await this.#turn;
  }
}
