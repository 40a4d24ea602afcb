import { fork, type ChildProcess } from "node:child_process";
import { z } from "zod";

import { onLines } from "./lines.ts";

/** What a host is started with. */
export interface HostLaunch {
  /** The module that is a Functions host: `dist/local/host.js`. */
  readonly entry: string;
  /** The directory of the app that it loads. */
  readonly app: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a host ended. */
export interface HostEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface HostListener {
  onLine(line: string): void;
  /** The host's worker is another process now, or none. */
  onWorker(pid: number | null): void;
}

/** What a draining host gives requests and messages in flight. The end of its worker comes on top, and must fit before the kill. */
const hostGraceMs = 7_000;

function launchArguments({ app, port }: HostLaunch): string[] {
  return ["--app", app, "--port", String(port), "--grace", String(hostGraceMs)];
}

/** What a host tells over its IPC channel; other messages are not for us. */
const workerMessage = z.object({ type: z.literal("worker"), pid: z.int().nullable() });

/**
 * One life of a Functions host, a child process that leads a process group of its own with its worker in it. So Ctrl-C in the terminal
 * reaches the supervisor alone, which lets hosts drain; and what a dead host leaves behind can be killed as a group. When the
 * supervisor dies, its end of the IPC channel closes, and the host ends by itself.
 */
export class HostProcess {
  readonly #child: ChildProcess;
  #workerPid: number | null = null;
  /** Settles when the process is gone; never rejects. */
  readonly ended: Promise<HostEnd>;

  constructor(launch: HostLaunch, listener: HostListener) {
    this.#child = fork(launch.entry, launchArguments(launch), {
      detached: true,
      env: launch.env,
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) onLines(stream, (line) => listener.onLine(line));
    }
    this.#child.on("message", (message) => {
      const told = workerMessage.safeParse(message);
      if (!told.success) return;
      this.#workerPid = told.data.pid;
      listener.onWorker(told.data.pid);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.#killGroup();
        resolve({ code, signal });
      });
      // The process could not be made at all.
      this.#child.once("error", (error) => {
        if (this.#child.pid === undefined) resolve({ code: null, signal: error.message });
      });
    });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get workerPid(): number | null {
    return this.#workerPid;
  }

  /** Lets the host drain, kills it when that takes longer than `drainMs`, and settles when it is gone. */
  async stop(drainMs: number): Promise<HostEnd> {
    this.#child.kill("SIGTERM");
    const deadline = setTimeout(() => this.kill(), drainMs);
    const end = await this.ended;
    clearTimeout(deadline);
    return end;
  }

  /** Kills host and worker at once. */
  kill(): void {
    this.#killGroup();
    this.#child.kill("SIGKILL");
  }

  #killGroup(): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // Nobody is left in the group; or the system has no groups, and the worker ends because its host has.
    }
  }
}
