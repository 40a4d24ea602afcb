import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readFleetFile, type FleetFileContent } from "../local/fleet/fleet-file.ts";
import { endChild } from "./child.ts";

const readyWithinMs = 60_000;
const lookEveryMs = 100;

/** The local fleet with two instances in processes of their own, as `npm start` runs it; its broker and tables serve everything in the bench. */
export class BenchFleet implements AsyncDisposable {
  readonly facts: FleetFileContent;
  readonly #process: ChildProcess;
  readonly #stateDir: string;

  private constructor(process: ChildProcess, stateDir: string, facts: FleetFileContent) {
    this.#process = process;
    this.#stateDir = stateDir;
    this.facts = facts;
  }

  static async start(): Promise<BenchFleet> {
    const stateDir = await mkdtemp(join(tmpdir(), "interrole-bench-"));
    const ports = ["--port", "--servicebus-port", "--servicebus-admin-port", "--tables-port"];
    const args = ["--instances", "web=2", "--state-dir", stateDir, "--quiet"];
    const child = spawn(
      process.execPath,
      ["dist/local/fleet.js", ...args, ...ports.flatMap((port) => [port, "0"])],
      // Started as if by npm, it ends when this process does, however that ends.
      {
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, npm_lifecycle_event: "bench:forward" },
      },
    );
    try {
      return new BenchFleet(child, stateDir, await readyFacts(stateDir));
    } catch (error) {
      await endChild(child);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endChild(this.#process);
    await rm(this.#stateDir, { recursive: true, force: true });
  }
}

async function readyFacts(stateDir: string): Promise<FleetFileContent> {
  const deadline = performance.now() + readyWithinMs;
  while (performance.now() < deadline) {
    const facts = readFleetFile(stateDir);
    if (facts && facts.instances.length > 0) {
      const ready = await Promise.all(facts.instances.map(({ url }) => isReady(url)));
      if (ready.every(Boolean)) return facts;
    }
    await sleep(lookEveryMs);
  }
  throw new Error(`The fleet was not ready within ${readyWithinMs / 1_000} s`);
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/api/health/ready`)).ok;
  } catch {
    // It does not listen yet.
    return false;
  }
}
