import type { Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import type { Owner } from "./head.ts";
import type { PresenceLog } from "./log.ts";
import { fitting, type Change, type Changes } from "./notification.ts";

/** Changes that come closer together than this go out as one batch; one that comes alone goes at once. */
const batchMs = 150;

export interface AnnouncerParts {
  /** Who this process is, once it has registered. */
  self: () => Owner;
  send: (changes: Changes) => Promise<void>;
  /** The number of the last batch, for the heartbeat to carry: who missed a batch finds out by it. */
  onTail: (seq: number) => void;
  clock: Clock;
  faults: FaultPoints;
  log: PresenceLog;
}

/**
 * Tells the other instances what has changed in this one's partition: one send, whatever their number. Each batch has the next number even
 * when its send fails: then the others see from the tail that they missed it, and read the partition.
 */
export class Announcer {
  readonly #parts: AnnouncerParts;
  /** The latest change of each session: what it was in between nobody needs to hear. */
  #pending = new Map<string, Change>();
  #seq = 0;
  #running: Promise<void> | undefined;

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  tell(change: Change): void {
    // A later change goes to the end: batches keep the order of what they tell.
    this.#pending.delete(change.session);
    this.#pending.set(change.session, change);
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Settles when everything has been sent or has failed to be. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    await Promise.resolve();
    while (this.#pending.size > 0) {
      await this.#sendBatch(this.#take());
      await clock.delay(batchMs);
    }
  }

  #take(): Change[] {
    const batch = fitting([...this.#pending.values()]);
    for (const { session } of batch) this.#pending.delete(session);
    return batch;
  }

  async #sendBatch(changes: Change[]): Promise<void> {
    const { self, send, onTail, faults, log } = this.#parts;
    this.#seq += 1;
    try {
      await send({ type: "changes", ...self(), seq: this.#seq, changes });
      await faults.reach("session-published");
    } catch (error) {
      log.untold(changes.length, error);
    }
    onTail(this.#seq);
    await faults.reach("tail-raised");
  }
}
