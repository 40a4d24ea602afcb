import type { Clock } from "../../../shared/kernel/clock.ts";
import { SessionLocked, type SessionLink, type Sessions } from "../../../shared/counter/session.ts";

/** What may go wrong, as shares of all operations. */
export interface SessionFaults {
  /** An operation that never reaches the broker. */
  lost: number;
  /** One that is done and not answered. */
  unanswered: number;
  /** A write that arrives long after its sender has given up. */
  late: number;
  /** Whether the broker looks at the lock when it applies a write. The real one does; without it the rules must break. */
  isFenced: boolean;
}

interface Stored {
  state: Buffer | undefined;
  holder: SimulatedLink | undefined;
  lockedUntilMs: number;
}

interface Timing {
  lockMs: number;
  attemptMs: number;
}

/** A broker's sessions in memory, on a clock that the test moves: what the counters of several processes share. */
export class SimulatedBroker {
  readonly clock: Clock;
  readonly random: () => number;
  readonly faults: SessionFaults;
  readonly timing: Timing;
  /** Whether an accept of a locked session waits for the lock; else it is refused at once. */
  readonly doesWait: boolean;
  /** How many writes were refused because their link had lost the lock. */
  refusedWrites = 0;
  writes = 0;
  readonly #sessions = new Map<string, Stored>();

  constructor(clock: Clock, random: () => number, faults: SessionFaults, timing: Timing, doesWait = false) {
    this.clock = clock;
    this.random = random;
    this.faults = faults;
    this.timing = timing;
    this.doesWait = doesWait;
  }

  /** As one process reaches it. `isDead` tells that the process hears nothing any more. */
  connect(isDead: () => boolean): Sessions {
    return {
      accept: async (id) => {
        await this.#travel(isDead);
        this.#maybe(this.faults.lost, "the accept was lost");
        const stored = this.stored(id);
        while (stored.holder && this.clock.monotonicMs() < stored.lockedUntilMs) {
          if (!this.doesWait) throw new SessionLocked("locked");
          await this.clock.delay(1);
        }
        const link = new SimulatedLink(this, stored, isDead);
        stored.holder = link;
        stored.lockedUntilMs = this.clock.monotonicMs() + this.timing.lockMs;
        await this.#travel(isDead);
        this.#maybe(this.faults.unanswered, "the accept was not answered");
        return link;
      },
      close: async () => undefined,
    };
  }

  stored(id: string): Stored {
    const known = this.#sessions.get(id);
    if (known) return known;
    const stored: Stored = { state: undefined, holder: undefined, lockedUntilMs: 0 };
    this.#sessions.set(id, stored);
    return stored;
  }

  async #travel(isDead: () => boolean): Promise<void> {
    await travel(this, isDead);
  }

  #maybe(share: number, what: string): void {
    if (this.random() < share) throw new Error(what);
  }
}

class SimulatedLink implements SessionLink {
  readonly #broker: SimulatedBroker;
  readonly #stored: Stored;
  readonly #isDead: () => boolean;
  isClosed = false;

  constructor(broker: SimulatedBroker, stored: Stored, isDead: () => boolean) {
    this.#broker = broker;
    this.#stored = stored;
    this.#isDead = isDead;
  }

  async read(): Promise<Buffer | undefined> {
    const { faults, random } = this.#broker;
    await travel(this.#broker, this.#isDead);
    if (random() < faults.lost) throw new Error("the read was lost");
    this.#refuseUnlessHeld();
    const { state } = this.#stored;
    await travel(this.#broker, this.#isDead);
    return state;
  }

  async write(state: Buffer): Promise<void> {
    const broker = this.#broker;
    const { faults, random, clock, timing } = broker;
    const fate = random();
    if (fate < faults.late) {
      void clock.delay(timing.attemptMs + random() * timing.lockMs * 2).then(() => this.#apply(state));
      await clock.delay(timing.attemptMs);
      throw new Error("the write was not answered in time");
    }
    // What has left a process arrives, whether or not the process is still there.
    await clock.delay(1 + random() * 3);
    if (fate < faults.late + faults.lost) throw new Error("the write was lost");
    if (!this.#apply(state)) throw new Error("the lock was lost");
    await travel(broker, this.#isDead);
    if (fate < faults.late + faults.lost + faults.unanswered) throw new Error("the write was not answered");
  }

  async renew(): Promise<void> {
    this.#refuseUnlessHeld();
    this.#stored.lockedUntilMs = this.#broker.clock.monotonicMs() + this.#broker.timing.lockMs;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.#broker.clock.delay(1);
    // A close that is lost leaves the lock to run out.
    if (this.#broker.random() >= this.#broker.faults.lost) this.#release();
  }

  #release(): void {
    if (this.#stored.holder === this) this.#stored.holder = undefined;
  }

  #apply(state: Buffer): boolean {
    if (this.#broker.faults.isFenced && !this.#isHeld()) {
      this.#broker.refusedWrites += 1;
      return false;
    }
    this.#broker.writes += 1;
    this.#stored.state = Buffer.from(state);
    return true;
  }

  #isHeld(): boolean {
    return this.#stored.holder === this && this.#broker.clock.monotonicMs() < this.#stored.lockedUntilMs;
  }

  #refuseUnlessHeld(): void {
    if (!this.#isHeld()) throw new Error("the lock was lost");
  }
}

/** A way through the network; a dead process never comes to its end. */
async function travel({ clock, random }: SimulatedBroker, isDead: () => boolean): Promise<void> {
  await clock.delay(1 + random() * 3);
  if (isDead()) await new Promise(() => undefined);
}
