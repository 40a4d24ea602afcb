import { Problem } from "../kernel/problem.ts";
import { counterLimits } from "./limits.ts";
import type { CounterAnswer, CounterRequest } from "./request.ts";

/** A request and whoever waits for its answer. */
export interface Caller {
  request: CounterRequest;
  /** On the monotonic clock: when it stops waiting. */
  untilMs: number;
  resolve: (answer: CounterAnswer) => void;
  reject: (error: unknown) => void;
  /** Answered, one way or the other. */
  isGone: boolean;
}

/** Callers that wait for their turn, in the order in which they came. */
export class Waiting {
  #callers: Caller[] = [];

  get size(): number {
    return this.#callers.length;
  }

  /** Throws Problem `counter-busy` when too many wait. */
  add(caller: Caller): void {
    if (this.#callers.length >= counterLimits.maxWaiting)
      throw new Problem(
        "counter-busy",
        `${counterLimits.maxWaiting} requests wait for this counter here; nothing was taken`,
        { retryAfterSeconds: 1 },
      );
    this.#callers.push(caller);
  }

  /** Those who came first, as many as go into one turn. Those who have gone are dropped. */
  take(): Caller[] {
    const taken: Caller[] = [];
    let keyed = 0;
    let looked = 0;
    for (const caller of this.#callers) {
      if (taken.length === counterLimits.maxPerTurn) break;
      const isKeyed = caller.request.key !== undefined;
      if (isKeyed && keyed === counterLimits.maxKeyedPerTurn) break;
      looked += 1;
      if (caller.isGone) continue;
      if (isKeyed) keyed += 1;
      taken.push(caller);
    }
    this.#callers.splice(0, looked);
    return taken;
  }

  /** Back to the front, when their turn has turned out not to have been. */
  putBack(callers: readonly Caller[]): void {
    this.#callers.unshift(...callers.filter(({ isGone }) => !isGone));
  }

  /** Refuses those whose time is over. */
  expire(nowMs: number, problem: () => Problem): void {
    for (const caller of this.#callers) if (caller.untilMs <= nowMs) refuse(caller, problem());
    this.#callers = this.#callers.filter(({ isGone }) => !isGone);
  }

  refuseAll(error: unknown): void {
    for (const caller of this.#callers.splice(0)) refuse(caller, error);
  }
}

/** Answers a caller, unless it has gone. */
export function answer(caller: Caller, outcome: CounterAnswer | Problem): void {
  if (outcome instanceof Problem) return refuse(caller, outcome);
  if (caller.isGone) return;
  caller.isGone = true;
  caller.resolve(outcome);
}

export function refuse(caller: Caller, error: unknown): void {
  if (caller.isGone) return;
  caller.isGone = true;
  caller.reject(error);
}
