import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { Ports } from "../local/fleet/ports.ts";
import { endChild } from "./child.ts";

/** A Redis of the bench's own on a free port, in memory only. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
  }

  /** Undefined when no `redis-server` is installed. */
  static async start(): Promise<RedisServer | undefined> {
    const port = await new Ports().choose({ given: 0 }, "Redis");
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
    // However the bench ends: Redis does not notice by itself.
    process.once("exit", () => child.kill());
    const started = new Promise<boolean>((resolve) => {
      child.once("error", () => resolve(false));
      child.once("exit", () => resolve(false));
      createInterface(child.stdout).on("line", (line) => {
        if (line.includes("Ready to accept connections")) resolve(true);
      });
    });
    return (await started) ? new RedisServer(port, child) : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endChild(this.#process);
  }
}
