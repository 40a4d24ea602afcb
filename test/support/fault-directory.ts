import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";

const reachedWithinMs = 30_000;

/** Where fault points are armed for the processes that look there (INTERROLE_FAULT_POINTS). */
export class FaultDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<FaultDirectory> {
    return new FaultDirectory(await mkdtemp(join(tmpdir(), "interrole-faults-")));
  }

  /** The next process that reaches the point (of this instance, if one is named) ends as by kill -9. */
  async armKill(point: FaultPoint, instance?: string): Promise<void> {
    await writeFile(this.#file(point, "kill", instance), "");
  }

  /** The next process that reaches the point stands still there until it is released. */
  async armPause(point: FaultPoint, instance?: string): Promise<void> {
    await writeFile(this.#file(point, "pause", instance), "");
  }

  async untilKilled(point: FaultPoint, instance?: string): Promise<void> {
    await untilFact(() => !existsSync(this.#file(point, "kill", instance)), `nothing was killed at ${point}`);
  }

  isPaused(point: FaultPoint, instance?: string): boolean {
    return existsSync(this.#file(point, "paused", instance));
  }

  async untilPaused(point: FaultPoint, instance?: string): Promise<void> {
    await untilFact(() => this.isPaused(point, instance), `nothing stands at ${point}`);
  }

  async release(point: FaultPoint, instance?: string): Promise<void> {
    await rm(this.#file(point, "paused", instance), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  #file(point: FaultPoint, kind: "kill" | "pause" | "paused", instance?: string): string {
    return join(this.path, `${instance === undefined ? "" : `${instance}.`}${point}.${kind}`);
  }
}

async function untilFact(isTrue: () => boolean, otherwise: string): Promise<void> {
  await vi.waitFor(
    () => {
      if (!isTrue()) throw new Error(otherwise);
    },
    { timeout: reachedWithinMs, interval: 20 },
  );
}
