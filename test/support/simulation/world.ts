import type { Clock } from "../../../shared/kernel/clock.ts";

/** Something that runs: a process of an instance, or a client. */
export interface Actor {
  readonly name: string;
  isAlive: boolean;
  isPaused: boolean;
  /** How far its wall clock is ahead of everybody's; behind when negative. */
  readonly clockAheadMs?: number;
}

export type StepKind = "read" | "write" | "send" | "settle";

/** A question that an actor has put to the outside world and that has not been answered. */
export interface Step {
  actor: Actor;
  label: string;
  kind: StepKind;
  /** Lets it take effect and answers. */
  answer(): void;
  /** Lets it take effect, loses the answer, and puts the same question again, as the SDKs do. */
  answerLost(): void;
  /** Answers with an error, after or without taking effect. */
  fail(hasEffect: boolean): void;
}

interface Timer {
  actor: Actor | undefined;
  atMs: number;
  wake: () => void;
}

const startOfTime = Date.parse("2026-01-01T00:00:00Z");

/**
 * Time, and every await-point of the processes in it. Nothing happens by itself: a schedule picks which step is answered next, and
 * when time passes.
 */
export class World {
  #nowMs = 0;
  #steps: Step[] = [];
  #timers: Timer[] = [];
  readonly #trace: (() => string)[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** What happened, for the reader of a failure. */
  get trace(): readonly string[] {
    return this.#trace.map((tell) => tell());
  }

  /** Notes what happened; a line that takes work to write is written only if somebody reads it. */
  tell(line: string | (() => string)): void {
    const atMs = this.#nowMs;
    this.#trace.push(() => `${String(atMs).padStart(7)} ${typeof line === "string" ? line : line()}`);
  }

  /** Asks the outside world; answered when the schedule picks this step, or never if the actor dies before. */
  ask<T>(actor: Actor, kind: StepKind, label: string, act: () => Promise<T> | T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // What a dead process still asks in the same turn goes nowhere.
      if (!actor.isAlive) return;
      const step: Step = {
        actor,
        kind,
        label,
        answer: () => resolve(act()),
        answerLost: () => {
          void act();
          this.#steps.push(step);
        },
        fail: (hasEffect) => {
          if (hasEffect) void act();
          reject(new Error(`no answer to ${label}`));
        },
      };
      this.#steps.push(step);
    });
  }

  /** The steps that can be answered now, oldest first. */
  open(): Step[] {
    return this.#steps.filter(({ actor }) => !actor.isPaused);
  }

  take(step: Step): void {
    this.#steps.splice(this.#steps.indexOf(step), 1);
  }

  /** Ends a process between two of its steps: what it waits for never comes. */
  kill(actor: Actor): void {
    actor.isAlive = false;
    this.#steps = this.#steps.filter((step) => step.actor !== actor);
    this.#timers = this.#timers.filter((timer) => timer.actor !== actor);
  }

  /** Calls back after so long; with an actor, only while it lives, and not while it is paused. */
  after(ms: number, wake: () => void, actor?: Actor): void {
    if (actor?.isAlive === false) return;
    // Whole milliseconds, as dates have them.
    this.#timers.push({ actor, atMs: this.#nowMs + Math.ceil(ms), wake });
  }

  /** When the next timer is due, if any is. */
  nextTimerMs(): number | undefined {
    const due = this.#timers.filter(({ actor }) => !actor?.isPaused).map(({ atMs }) => atMs);
    return due.length > 0 ? Math.max(this.#nowMs, Math.min(...due)) : undefined;
  }

  /** Moves time on, and wakes whatever is due. */
  passTo(ms: number): void {
    this.#nowMs = Math.max(this.#nowMs, ms);
    const isDue = ({ actor, atMs }: Timer) => !actor?.isPaused && atMs <= this.#nowMs;
    const due = this.#timers.filter(isDue);
    this.#timers = this.#timers.filter((timer) => !isDue(timer));
    for (const { wake } of due) wake();
  }

  /** The clock of one actor. */
  clockOf(actor: Actor): Clock {
    return {
      monotonicMs: () => this.#nowMs,
      now: () => new Date(startOfTime + this.#nowMs + (actor.clockAheadMs ?? 0)),
      delay: (ms, signal) =>
        new Promise<void>((resolve) => {
          if (signal?.aborted) return resolve();
          const wake = () => {
            signal?.removeEventListener("abort", wake);
            resolve();
          };
          this.after(ms, wake, actor);
          signal?.addEventListener("abort", wake);
        }),
    };
  }

  /** The wall clock's value as milliseconds of this world. */
  toWorldMs(date: Date): number {
    return date.getTime() - startOfTime;
  }
}
