import type { Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import { reasonOf } from "../kernel/log.ts";
import type { RecycleLog } from "./log.ts";
import type { Notification } from "./message.ts";
import type { AskingOperation, ProcessEnd } from "./ports.ts";

/** What the application does before its instance recycles. Throwing refuses: the instance stays, and the operation says why. */
export type OnRecycle = (notification: Notification) => Promise<void> | void;

/** Asks the platform to restart this app. Throws when it refuses. */
export type RestartApp = () => Promise<void>;

/** How an instance recycles. */
export type RecycleMode =
  | { kind: "end-worker" }
  | { kind: "restart-app"; restart: RestartApp }
  | { kind: "log-only" };

/** If the platform has not restarted the app by then, the worker is ended instead. */
const restartGraceMs = 120_000;

export interface ActorParts {
  operation: AskingOperation;
  process: ProcessEnd;
  mode: RecycleMode;
  onRecycle: OnRecycle;
  /** How long it may take. */
  onRecycleMs: number;
  isPassive: () => boolean;
  clock: Clock;
  faults: FaultPoints;
  log: RecycleLog;
}

/**
 * What an instance does when it is told to recycle.
 *
 * told → (the header lists this incarnation as released) → acknowledged → the application's onRecycle → draining → ended.
 * The message's handler returns as soon as it has acknowledged, so that the host settles the message; the rest goes on beside it. A
 * crash after the acknowledgement is harmless: the process that boots instead is a new incarnation, which is what was asked for.
 */
export class RecycleActor {
  readonly #parts: ActorParts;
  #going: Promise<void> | undefined;
  /**
   * The operation that this process last acted for: it acts for none twice, not even after its application refused. The last one is
   * enough: an operation on this role runs only after the one before has ended, and an ended one releases nobody.
   */
  #actedFor: string | undefined;

  constructor(parts: ActorParts) {
    this.#parts = parts;
  }

  async handle(notification: Notification): Promise<void> {
    const { operation, isPassive, faults, log } = this.#parts;
    log.notified(notification);
    // A process that was taken over is not the one that is meant; drivers tell the one that took over.
    const id = notification.operation;
    if (isPassive() || this.#going || this.#actedFor === id) return;
    if (!(await operation.isReleased(id))) return log.notMeant(id);
    await faults.reach("header-read-by-target");
    if (!(await operation.acknowledge(id))) return log.answeredForUs(id);
    await faults.reach("acknowledged");
    // Told twice at the same time, both may come this far.
    if (this.#going || this.#actedFor === id) return;
    this.#actedFor = id;
    log.acknowledged(id);
    this.#going = this.#go(notification).finally(() => {
      this.#going = undefined;
    });
  }

  /** Resolves when nothing is going on. */
  async done(): Promise<void> {
    await this.#going;
  }

  async #go(notification: Notification): Promise<void> {
    const { operation, log, mode } = this.#parts;
    const id = notification.operation;
    try {
      await this.#prepare(notification);
      if (mode.kind === "log-only") {
        log.logOnly(id);
        await operation.fail(id, "RECYCLE_MODE is log-only on this instance: it acknowledged and stayed");
      } else {
        await this.#leave(notification);
      }
    } catch (error) {
      log.refused(id, error);
      await this.#tellFailed(id, error);
    }
  }

  /** Lets the application save what it must. If it hangs, the instance goes all the same: nothing else would ever end it. */
  async #prepare(notification: Notification): Promise<void> {
    const { onRecycle, onRecycleMs, clock, log } = this.#parts;
    const over = new AbortController();
    const prepare = async () => {
      await onRecycle(notification);
      return true;
    };
    const isOver = async () => {
      await clock.delay(onRecycleMs, over.signal);
      return false;
    };
    try {
      if (!(await Promise.race([prepare(), isOver()]))) log.hookTimedOut(notification.operation, onRecycleMs);
    } finally {
      over.abort();
    }
  }

  async #leave({ operation, from, tag }: Notification): Promise<void> {
    const { process, mode, log, clock } = this.#parts;
    const reason = `recycle asked for by ${from}${tag ? ` (${tag})` : ""}`;
    await process.drain(reason);
    if (mode.kind === "restart-app") {
      try {
        await mode.restart();
      } catch (error) {
        await process.resume(`the restart was refused: ${reasonOf(error)}`);
        throw error;
      }
      log.restartAsked(operation);
      await clock.delay(restartGraceMs);
    }
    await process.end(reason);
  }

  async #tellFailed(id: string, error: unknown): Promise<void> {
    try {
      await this.#parts.operation.fail(id, reasonOf(error));
    } catch (secondError) {
      // The operation then finds out by its execution time-out.
      this.#parts.log.refused(id, secondError);
    }
  }
}
