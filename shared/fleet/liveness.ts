/** What is watched of an instance: it lives while this changes. */
interface Pulse {
  incarnation: string;
  heartbeat: number;
}

interface Watched extends Pulse {
  changedAtMs: number;
  /** Whether a change was ever seen; a row that was only ever seen standing still proves nothing yet. */
  hasChanged: boolean;
}

/** How many heartbeats an instance may miss before it counts as lost. */
const missedHeartbeats = 2;

/**
 * Tells who is lost: an instance whose heartbeat counter has stood still over two intervals of this observer's own monotonic
 * clock. No two machines' clocks are ever compared.
 */
export class Liveness {
  readonly #lostAfterMs: number;
  readonly #watched = new Map<string, Watched>();

  constructor(heartbeatMs: number) {
    this.#lostAfterMs = heartbeatMs * missedHeartbeats;
  }

  /** Takes in what the table held; `nowMs` is when the answer came. Rows that are no longer there are forgotten. */
  observe(pulses: ReadonlyMap<string, Pulse>, nowMs: number): void {
    for (const key of this.#watched.keys()) if (!pulses.has(key)) this.#watched.delete(key);
    for (const [key, { incarnation, heartbeat }] of pulses) {
      const before = this.#watched.get(key);
      // Not higher: it stood still, or this answer was overtaken by a later one.
      if (before?.incarnation === incarnation && heartbeat <= before.heartbeat) continue;
      this.#watched.set(key, {
        incarnation,
        heartbeat,
        changedAtMs: nowMs,
        hasChanged: before !== undefined,
      });
    }
  }

  /**
   * Whether the counter has stood still for too long. For what a table just answered, `nowMs` is when it was asked: the time that
   * a slow answer took is not known to be time without a heartbeat.
   */
  isLost(key: string, nowMs: number): boolean {
    const watched = this.#watched.get(key);
    return watched !== undefined && nowMs - watched.changedAtMs > this.#lostAfterMs;
  }

  /** Whether this observer has itself seen the instance move lately, by now. Right after a boot it has seen nobody move. */
  isSeenAlive(key: string, nowMs: number): boolean {
    return this.#watched.get(key)?.hasChanged === true && !this.isLost(key, nowMs);
  }
}
