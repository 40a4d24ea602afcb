import type { Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import { reasonOf } from "../kernel/log.ts";
import { Problem } from "../kernel/problem.ts";
import { decodeState, encodeState, UnreadableState } from "./codec.ts";
import type { CounterLog } from "./log.ts";
import { outcomeOf } from "./outcome.ts";
import { askAgainMsOf, awayMsOf, holdMsOf, lingerMsOf, retryMsOf } from "./pace.ts";
import type { CounterAnswer, CounterRequest } from "./request.ts";
import { SessionLocked, type SessionLink, type Sessions } from "./session.ts";
import { unusedState, type CounterState } from "./state.ts";
import { decide, type Decision } from "./turn.ts";
import { answer, refuse, Waiting, type Caller } from "./waiting.ts";

export interface HolderParts {
  sessions: Sessions;
  /** Of this holder in this life of this process: 8 random bytes as latin1 text. */
  writer: string;
  initialValue: bigint;
  waitMs: number;
  attemptMs: number;
  lockMs: number;
  slowAcceptMs: number;
  clock: Clock;
  random: () => number;
  faults: FaultPoints;
  log: CounterLog;
}

/** A turn whose write was sent and not answered. */
interface Unsettled {
  callers: readonly Caller[];
  decision: Decision;
}

/** The lock, while it is held. */
interface Held {
  link: SessionLink;
  state: CounterState;
  /** From here on the lock may be another's. */
  lockedUntilMs: number;
  /** From here on it is let go even while work keeps coming. */
  heldUntilMs: number;
  isAlone: boolean;
}

/** How often callers are looked through for those whose time is over. */
const lookMs = 50;

/**
 * Takes the turns of one counter for this process. At most one write is ever in flight.
 *
 *     idle ──a request──► asking ──accepted──► reading ──► holding ──no work, or long enough──► letting go ──► away ─┐
 *      ▲                    ▲ ▲                                │ any error                                          │
 *      │                    │ └───────────────────────────── dropping                                               │
 *      └────no work─────────┴───────────────────────────────────────────────────────────────────────────────────────┘
 *
 * A turn: take the callers that wait, decide, write, and only when the write is acknowledged answer them. After any error the link is
 * dropped, and the next holding begins by looking for the turn in the state (outcome.ts): made, and the callers get the answers that were
 * decided; not made, and they go back to the front; unknown, and they are told so.
 */
export class Holder {
  readonly #id: string;
  readonly #parts: HolderParts;
  readonly #waiting = new Waiting();
  #unsettled: Unsettled | undefined;
  /** The highest turn that this process has seen: a state with a lower one is an old copy. */
  #seenTurn = 0;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #lastError: unknown;

  constructor(sessionId: string, parts: HolderParts) {
    this.#id = sessionId;
    this.#parts = parts;
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** Settles when nothing is to be done any more. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /**
   * Settles with the answer to a request. Throws Problem: what the request itself met, `counter-busy` or `unavailable` when its time was over
   * before its turn (nothing was taken), `outcome-unknown` when it was over during its turn. A caller that aborts before its turn takes nothing.
   */
  async ask(request: CounterRequest, signal?: AbortSignal): Promise<CounterAnswer> {
    signal?.throwIfAborted();
    let leave = (): void => undefined;
    const asked = new Promise<CounterAnswer>((resolve, reject) => {
      const untilMs = this.#parts.clock.monotonicMs() + this.#parts.waitMs;
      const caller: Caller = { request, untilMs, resolve, reject, isGone: false };
      this.#waiting.add(caller);
      leave = () => refuse(caller, signal?.reason);
    });
    this.#wake?.();
    this.#start();
    if (!signal) return await asked;
    signal.addEventListener("abort", leave);
    try {
      return await asked;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Whoever was refused at the very end may have asked again already.
      if (this.#hasWork()) this.#start();
    });
  }

  async #run(): Promise<void> {
    const over = new AbortController();
    const looking = this.#look(over.signal);
    try {
      // What was asked for in the same turn of the event loop goes together.
      await Promise.resolve();
      for (let errors = 0; this.#hasWork();) errors = await this.#once(errors);
    } finally {
      over.abort("answered");
      await looking;
    }
  }

  /** Holds the lock once; returns how many errors there were in a row. */
  async #once(errors: number): Promise<number> {
    const { clock, random, log } = this.#parts;
    try {
      const held = await this.#accept();
      if (!held) return 0;
      await this.#hold(held);
      this.#lastError = undefined;
      if (this.#hasWork()) await clock.delay(awayMsOf(held.isAlone, random));
      return 0;
    } catch (error) {
      this.#lastError = error;
      if (error instanceof Problem) this.#waiting.refuseAll(error);
      log.failed(this.#id, reasonOf(error));
      await clock.delay(retryMsOf(errors + 1, random));
      return errors + 1;
    }
  }

  #hasWork(): boolean {
    return this.#waiting.size > 0 || this.#unsettled !== undefined;
  }

  /** Asks for the lock until it has it, or nobody needs it any more. */
  async #accept(): Promise<Held | undefined> {
    const { sessions, clock, random, lockMs, slowAcceptMs } = this.#parts;
    const since = clock.monotonicMs();
    while (this.#hasWork()) {
      const askedAt = clock.monotonicMs();
      try {
        const link = await sessions.accept(this.#id);
        const tookMs = clock.monotonicMs() - askedAt;
        return await this.#guard(link, async () => {
          const lockedFrom = tookMs > slowAcceptMs ? clock.monotonicMs() : askedAt;
          if (lockedFrom !== askedAt) await link.renew();
          return await this.#open(link, lockedFrom + lockMs);
        });
      } catch (error) {
        if (!(error instanceof SessionLocked)) throw error;
        this.#lastError = error;
        await clock.delay(askAgainMsOf(clock.monotonicMs() - since, random));
      }
    }
    return undefined;
  }

  /** Reads the state, and first of all settles what is unsettled. */
  async #open(link: SessionLink, lockedUntilMs: number): Promise<Held> {
    const { clock, faults, writer } = this.#parts;
    const hasUnsettled = this.#unsettled !== undefined;
    await faults.reach(hasUnsettled ? "counter-reaccepted" : "counter-accepted");
    const state = this.#decode(await link.read());
    await faults.reach(hasUnsettled ? "counter-read-back" : "counter-read");
    if (state.turn < this.#seenTurn)
      throw new Error(`the state of turn ${state.turn} was read after one of turn ${this.#seenTurn}`);
    this.#seenTurn = state.turn;
    this.#settle(state);
    const last = state.writers.at(-1);
    const isAlone = last === undefined || last.writer === writer;
    return {
      link,
      state,
      lockedUntilMs,
      heldUntilMs: clock.monotonicMs() + holdMsOf(isAlone),
      isAlone,
    };
  }

  #decode(bytes: Buffer | undefined): CounterState {
    if (bytes === undefined) return unusedState(this.#parts.initialValue);
    try {
      return decodeState(bytes);
    } catch (error) {
      if (!(error instanceof UnreadableState)) throw error;
      throw new Problem("counter-unreadable", `Nothing was taken: ${error.message}`, { cause: error });
    }
  }

  #settle(state: CounterState): void {
    const unsettled = this.#unsettled;
    if (!unsettled) return;
    const { turn } = unsettled.decision.state;
    const outcome = outcomeOf(state, this.#parts.writer, turn);
    this.#unsettled = undefined;
    this.#parts.log.settled(this.#id, turn, outcome);
    if (outcome === "made") answerAll(unsettled);
    else if (outcome === "not-made") this.#waiting.putBack(unsettled.callers);
    else for (const caller of unsettled.callers) refuse(caller, unknownOutcome());
  }

  /** Takes turns until there is no work, or it is time to let go. */
  async #hold(held: Held): Promise<void> {
    const { clock, faults, attemptMs } = this.#parts;
    await this.#guard(held.link, async () => {
      while (await this.#workWithin(lingerMsOf(held.isAlone))) {
        const now = clock.monotonicMs();
        if (now >= held.heldUntilMs || now + attemptMs >= held.lockedUntilMs) break;
        await this.#turn(held);
      }
    });
    await held.link.close();
    await faults.reach("counter-released");
  }

  async #turn(held: Held): Promise<void> {
    const { writer, faults } = this.#parts;
    const callers = this.#waiting.take();
    const decision = decide(
      held.state,
      writer,
      callers.map(({ request }) => request),
    );
    const turn: Unsettled = { callers, decision };
    if (decision.hasChanged) {
      const bytes = encodeState(decision.state);
      this.#unsettled = turn;
      await faults.reach("counter-write-sent");
      await held.link.write(bytes);
      await faults.reach("counter-write-applied");
      this.#unsettled = undefined;
      held.state = decision.state;
      this.#seenTurn = decision.state.turn;
    }
    answerAll(turn);
    await faults.reach("counter-answered");
  }

  /** Whether there is work, or there comes some so soon that letting go is not worth it. */
  async #workWithin(ms: number): Promise<boolean> {
    if (this.#waiting.size > 0) {
      // Those who have just been answered may ask again at once: they come into the same turn.
      await new Promise((resolve) => setImmediate(resolve));
      return true;
    }
    const come = new AbortController();
    this.#wake = () => come.abort("work");
    await this.#parts.clock.delay(ms, come.signal);
    this.#wake = undefined;
    return this.#waiting.size > 0;
  }

  /** After any error the link is dropped: whatever was sent through it and has not arrived yet is refused. */
  async #guard<T>(link: SessionLink, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      await link.close();
      await this.#parts.faults.reach("counter-link-dropped");
      throw error;
    }
  }

  /** Tells those whose time is over, until there is nothing to be done. */
  async #look(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      await clock.delay(lookMs, signal);
      const now = clock.monotonicMs();
      this.#waiting.expire(now, () => this.#tooLate());
      const unsettled = this.#unsettled?.callers ?? [];
      for (const caller of unsettled) if (caller.untilMs <= now) refuse(caller, unknownOutcome());
      // Whether it was made matters to nobody any more, and the next state that is read is right either way.
      if (unsettled.every(({ isGone }) => isGone)) this.#unsettled = undefined;
    }
  }

  #tooLate(): Problem {
    const error = this.#lastError;
    const within = `within ${this.#parts.waitMs} ms; nothing was taken`;
    if (error === undefined || error instanceof SessionLocked)
      return new Problem("counter-busy", `The counter was not free ${within}`, { retryAfterSeconds: 1 });
    return new Problem("unavailable", `The counter was not reached ${within}. ${reasonOf(error)}`, {
      retryAfterSeconds: 5,
      cause: error,
    });
  }
}

function answerAll({ callers, decision }: Unsettled): void {
  for (const [index, caller] of callers.entries()) {
    const outcome = decision.answers[index];
    if (outcome) answer(caller, outcome);
  }
}

function unknownOutcome(): Problem {
  return new Problem(
    "outcome-unknown",
    "The numbers may have been taken: the write was sent and not answered in time. With an Idempotency-Key, repeat the request with it and get the answer; without one, a repeat takes new numbers",
    { retryAfterSeconds: 1 },
  );
}
