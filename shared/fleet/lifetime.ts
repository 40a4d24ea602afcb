import type { Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import type { InFlight } from "./in-flight.ts";
import type { FleetLog } from "./log.ts";
import type { Registration } from "./registration.ts";

/** The exit code that the Functions host takes for a restart on purpose. Never 0: older hosts then hang (facts: host.md, infra.md 1.6). */
export const recycleExitCode = 200;

/** So long the host gets to settle the message whose handler asked for the end; ending sooner is harmless but brings it again. */
const settleMs = 2_000;

/** Ends the process, or whatever stands for it. */
export type EndWorker = (exitCode: number) => void;

export interface LifetimeParts {
  registration: Registration;
  inFlight: InFlight;
  clock: Clock;
  faults: FaultPoints;
  log: FleetLog;
  drainMs: number;
  endWorker: EndWorker;
}

/**
 * Owns the end of this process.
 *
 * serving → draining → ended. Draining: the row says `draining`, new HTTP work is refused with 503, queue handlers go on (they
 * are short, and throwing would only push messages towards the dead-letter queue). Ended: when nothing is in flight or at the
 * deadline, but not before the host had time to settle the message that asked for it. `resume` leads back from draining, for
 * an end that was refused.
 */
export class Lifetime {
  readonly #parts: LifetimeParts;
  #phase: "serving" | "draining" | "ended" = "serving";
  readonly #onDraining: (() => void)[] = [];

  constructor(parts: LifetimeParts) {
    this.#parts = parts;
  }

  get isDraining(): boolean {
    return this.#phase !== "serving";
  }

  /** How long a refused caller should wait before it tries again. */
  get retryAfterSeconds(): number {
    return Math.max(1, Math.ceil(settleMs / 1_000));
  }

  /** Calls back when this process begins to drain. */
  onDraining(act: () => void): void {
    this.#onDraining.push(act);
  }

  /** Stops taking new HTTP work and says so in the row. */
  async drain(reason: string): Promise<void> {
    this.#phase = "draining";
    this.#parts.log.draining(reason);
    for (const act of this.#onDraining) act();
    await this.#tell("draining");
    await this.#parts.faults.reach("draining");
  }

  /** Waits until what is in flight has finished, or the deadline; then ends the worker for the platform to start it anew. */
  async end(reason: string): Promise<void> {
    const { clock, inFlight, drainMs, faults, log, endWorker } = this.#parts;
    await Promise.all([clock.delay(settleMs), Promise.race([inFlight.whenIdle(), clock.delay(drainMs)])]);
    this.#phase = "ended";
    log.ended(reason, inFlight.count);
    await faults.reach("worker-ended");
    endWorker(recycleExitCode);
  }

  /** Serves again, because the end was refused. */
  async resume(reason: string): Promise<void> {
    this.#phase = "serving";
    this.#parts.log.resumed(reason);
    await this.#tell("ready");
  }

  /** Writes the state for others to see. A table that cannot be reached must not leave this process half on its way out. */
  async #tell(state: "draining" | "ready"): Promise<void> {
    try {
      await this.#parts.registration.setState(state);
    } catch (error) {
      this.#parts.log.stateUnwritten(state, error);
    }
  }
}
