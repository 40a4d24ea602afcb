import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

import { birthOf, isAlive } from "./process-identity.ts";

const fleetFileSchema = z.object({
  /** Who keeps this file. `birth` tells its process from a later one of the same id; empty where the system does not say. */
  supervisor: z.object({ pid: z.int(), birth: z.string() }),
  instances: z.array(
    z.object({
      id: z.string(),
      role: z.string(),
      url: z.string(),
      /** Null while no such process runs. */
      hostPid: z.int().nullable(),
      workerPid: z.int().nullable(),
    }),
  ),
  /** Connection strings; they hold keys, of which only the local ones are public. */
  serviceBus: z.string(),
  serviceBusAdmin: z.string(),
  tables: z.string(),
});

export type FleetFileContent = z.infer<typeof fleetFileSchema>;
export type FleetFacts = Omit<FleetFileContent, "supervisor">;

/** The state directory is in use by a fleet that runs. */
export class FleetRunningError extends Error {
  override readonly name = "FleetRunningError";
}

/** Where a fleet with this state directory says what it is. */
export function fleetFile(stateDir: string): string {
  return join(stateDir, "fleet.json");
}

/** Reads the file of the fleet that runs with this state directory; undefined when there is none or it cannot be read. */
export function readFleetFile(stateDir: string): FleetFileContent | undefined {
  try {
    return fleetFileSchema.safeParse(JSON.parse(readFileSync(fleetFile(stateDir), "utf8"))).data;
  } catch {
    // No file, or not a fleet's: either way no fleet is described there.
    return undefined;
  }
}

/** Holds `fleet.json` for one running fleet: other programs find the fleet there. Every write replaces the file whole. */
export class FleetFile {
  readonly #path: string;
  readonly #supervisor = { pid: process.pid, birth: birthOf(process.pid) };

  private constructor(path: string) {
    this.#path = path;
  }

  /** Takes the state directory for this process. Throws FleetRunningError when a fleet that is alive has it. */
  static claim(stateDir: string): FleetFile {
    mkdirSync(stateDir, { recursive: true });
    const file = new FleetFile(fleetFile(stateDir));
    const draft = file.#writeDraft({ instances: [], serviceBus: "", serviceBusAdmin: "", tables: "" });
    try {
      if (!linked(draft, file.#path)) {
        refuseIfAlive(stateDir);
        rmSync(file.#path, { force: true });
        if (!linked(draft, file.#path))
          throw new FleetRunningError(`Another fleet has just started with ${stateDir}`);
      }
    } finally {
      rmSync(draft, { force: true });
    }
    return file;
  }

  write(facts: FleetFacts): void {
    renameSync(this.#writeDraft(facts), this.#path);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }

  #writeDraft(facts: FleetFacts): string {
    const draft = `${this.#path}.${process.pid}.tmp`;
    const content: FleetFileContent = { supervisor: this.#supervisor, ...facts };
    // Only the user may read it: somebody else's services come with keys that are not public.
    writeFileSync(draft, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
    return draft;
  }
}

/** Gives the file a second name; false when that name is taken. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function refuseIfAlive(stateDir: string): void {
  const content = readFleetFile(stateDir);
  if (!content || !isAlive(content.supervisor)) return;
  throw new FleetRunningError(
    `A fleet runs already with ${stateDir} (process ${content.supervisor.pid}). Stop it, or give another directory with --state-dir`,
  );
}
