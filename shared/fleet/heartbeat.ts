import type { Clock } from "../kernel/clock.ts";
import { withJitter } from "../kernel/clock.ts";
import type { Directory, InstanceView } from "./directory.ts";
import type { FleetLog } from "./log.ts";
import type { Registration } from "./registration.ts";

export interface HeartbeatParts {
  registration: Registration;
  directory: Directory;
  clock: Clock;
  log: FleetLog;
  heartbeatMs: number;
  /** What else is looked after at every beat, with the fleet as it was just read. */
  onBeat: (fleet: readonly InstanceView[]) => Promise<void>;
  /** Called when this process was given up on while it stood still. */
  onReaped: () => void;
  /** Called when this process is passive and the process that took over is lost: time to end and boot anew. */
  onHolderLost: () => void;
}

/** Beats come a little early, so that one that is late by its own latency is not yet a missed one. */
const beatShare = 0.8;

/** After so many intervals without a beat that reached the table, readiness says so. */
const staleAfterBeats = 2;

/**
 * Beats until stopped: raises the own row's counter, reads the fleet, looks after open work. Two table calls a beat (one for
 * each 1,000 instances more), whatever the size of the fleet.
 *
 * A process that has been taken over goes passive: it serves nothing and goes on reading. When the holder is lost it ends
 * itself so that it boots with a new incarnation; while the holder lives it stays, or overlapping twins would end each other
 * for ever.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  readonly #stop = new AbortController();
  #lastBeatMs: number;
  #isPassive = false;
  #lost = new Set<string>();
  #done: Promise<unknown> = Promise.resolve();

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#lastBeatMs = parts.clock.monotonicMs();
  }

  /** Whether a beat has reached the table lately. */
  get isFresh(): boolean {
    const { clock, heartbeatMs } = this.#parts;
    return clock.monotonicMs() - this.#lastBeatMs <= heartbeatMs * (staleAfterBeats + 1);
  }

  start(): void {
    this.#lastBeatMs = this.#parts.clock.monotonicMs();
    // Two loops, so that a slow look at the fleet does not hold up the beat that tells others we live.
    this.#done = Promise.all([this.#repeat(() => this.#beat()), this.#repeat(() => this.#watch())]);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #repeat(act: () => Promise<void>): Promise<void> {
    const { clock, heartbeatMs } = this.#parts;
    while (!this.#stop.signal.aborted) {
      await act();
      await clock.delay(withJitter(heartbeatMs) * beatShare, this.#stop.signal);
    }
  }

  async #beat(): Promise<void> {
    const { registration, clock, log } = this.#parts;
    try {
      const hold = await registration.heartbeat();
      this.#lastBeatMs = clock.monotonicMs();
      if (hold === "held" && registration.isReaped) this.#parts.onReaped();
      if (hold === "taken" && !this.#isPassive) {
        this.#isPassive = true;
        log.passive();
      }
    } catch (error) {
      // The table may be back at the next beat; until then readiness tells the truth.
      log.heartbeatFailed(error);
    }
  }

  async #watch(): Promise<void> {
    const { directory, log, onBeat } = this.#parts;
    try {
      const fleet = await directory.read();
      this.#tellLost(fleet);
      this.#leaveIfHolderLost(fleet);
      await onBeat(fleet);
    } catch (error) {
      log.watchFailed(error);
    }
  }

  #tellLost(fleet: readonly InstanceView[]): void {
    const lost = fleet.filter((instance) => instance.state === "lost");
    for (const { id, incarnation } of lost)
      if (!this.#lost.has(incarnation)) this.#parts.log.instanceLost(id, incarnation);
    this.#lost = new Set(lost.map(({ incarnation }) => incarnation));
  }

  #leaveIfHolderLost(fleet: readonly InstanceView[]): void {
    if (!this.#isPassive) return;
    const { registration, onHolderLost } = this.#parts;
    const holder = fleet.find(
      (instance) => instance.id === registration.instance && instance.role === registration.role,
    );
    if (!holder || holder.state === "lost") onHolderLost();
  }
}
