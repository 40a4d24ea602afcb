import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { vi } from "vitest";

import { fleetEventSchema } from "../../local/fleet/event.ts";
import { readFleetFile, type FleetFileContent } from "../../local/fleet/fleet-file.ts";
import { onLines } from "../../local/fleet/lines.ts";
import { birthOf, type ProcessIdentity } from "../../local/fleet/process-identity.ts";
import { EventRecord, expectAllGone } from "./fleet.ts";

const command = resolve(import.meta.dirname, "../../dist/local/fleet.js");

/** How long the command may take to start or to end before a test calls it stuck. */
const withinMs = 30_000;

export interface FleetCommandOptions {
  /** Default: all ports free ones. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A state directory that another command has used. */
  readonly stateDir?: string;
  /** Words before `node`, such as a shell that runs it. */
  readonly via?: (command: readonly string[]) => readonly [string, ...string[]];
}

/** `npm start` without its build, as a process of its own. */
export class FleetCommand {
  readonly child: ChildProcess;
  readonly stateDir: string;
  readonly events = new EventRecord();
  /** Lines that are no events. */
  readonly lines: string[] = [];
  readonly ended: Promise<{ code: number | null; signal: string | null }>;

  private constructor(child: ChildProcess, stateDir: string) {
    this.child = child;
    this.stateDir = stateDir;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) onLines(stream, (line) => this.#take(line));
    }
    this.ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  }

  static async start(options: FleetCommandOptions = {}): Promise<FleetCommand> {
    const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), "interrole-command-")));
    const ports = [
      "--port",
      "0",
      "--servicebus-port",
      "0",
      "--servicebus-admin-port",
      "0",
      "--tables-port",
      "0",
    ];
    const args = [...(options.args ?? ports), "--state-dir", stateDir, "--log-format", "json"];
    const words = [process.execPath, command, ...args] as const;
    const [file, ...rest] = options.via?.(words) ?? words;
    const env = { ...process.env, npm_lifecycle_event: undefined, ...options.env };
    return new FleetCommand(spawn(file, rest, { env, stdio: ["ignore", "pipe", "pipe"] }), stateDir);
  }

  /** What fleet.json says now. Throws when there is none. */
  get file(): FleetFileContent {
    const content = readFleetFile(this.stateDir);
    if (!content) throw new Error(`There is no fleet.json in ${this.stateDir}`);
    return content;
  }

  /** Supervisor, hosts and workers, as fleet.json names them now. */
  get processes(): ProcessIdentity[] {
    const { supervisor, instances } = this.file;
    const pids = [supervisor.pid, ...instances.flatMap(({ hostPid, workerPid }) => [hostPid, workerPid])];
    return pids.filter((pid) => pid !== null).map((pid) => ({ pid, birth: birthOf(pid) }));
  }

  async ready(): Promise<void> {
    await this.events.until(({ event }) => event === "fleet.ready", withinMs);
  }

  /** Ends it if it still runs, and takes its state directory away. Throws when it leaves a process behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    const processes = readFleetFile(this.stateDir) ? this.processes : [];
    for (const { pid } of processes.slice(0, 1)) endQuietly(pid);
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGTERM");
    await vi.waitFor(async () => await this.ended, { timeout: withinMs });
    await expectAllGone(processes);
    await rm(this.stateDir, { recursive: true, force: true });
  }

  #take(line: string): void {
    const event = line.startsWith("{") ? fleetEventSchema.safeParse(JSON.parse(line)).data : undefined;
    if (event) this.events.add(event);
    else this.lines.push(line);
  }
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended already.
  }
}
