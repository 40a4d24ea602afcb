import { Heap } from "heap-js";

/** Undoes a scheduling. Calling it again, or after the task ran, does nothing. */
export type Cancel = () => void;

/** Time as the broker sees it: everything that waits, waits through one of these. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs the task once when `now()` has reached `atMs`; never before this call returns. */
  schedule(atMs: number, run: () => void): Cancel;
}

interface Task {
  readonly at: number;
  /** Keeps tasks of the same moment in the order they were scheduled in. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** setTimeout takes no more than this; a longer wait is made of several. */
const longestTimeoutMs = 2 ** 31 - 1;
/** Below this many cancelled tasks the agenda is not worth cleaning. */
const fewCancelled = 64;

/** Tasks by time. Cancelling is lazy; the heap is rebuilt when most of it is cancelled, so that nothing piles up. */
class Agenda {
  #heap = new Heap<Task>((a, b) => a.at - b.at || a.order - b.order);
  #order = 0;
  #cancelled = 0;

  add(at: number, run: () => void): Cancel {
    const task: Task = { at, order: this.#order++, run };
    this.#heap.push(task);
    return () => {
      if (task.run === undefined) return;
      task.run = undefined;
      this.#cancelled++;
      if (this.#cancelled > fewCancelled && this.#cancelled * 2 > this.#heap.length) this.#clean();
    };
  }

  next(): number | undefined {
    this.#dropCancelled();
    return this.#heap.peek()?.at;
  }

  /** Takes out the earliest task that is due. */
  takeDue(now: number): (() => void) | undefined {
    this.#dropCancelled();
    const task = this.#heap.peek();
    if (task === undefined || task.at > now) return undefined;
    this.#heap.pop();
    const run = task.run;
    task.run = undefined;
    return run;
  }

  #dropCancelled(): void {
    for (
      let task = this.#heap.peek();
      task !== undefined && task.run === undefined;
      task = this.#heap.peek()
    ) {
      this.#heap.pop();
      this.#cancelled--;
    }
  }

  #clean(): void {
    this.#heap.init(this.#heap.toArray().filter((task) => task.run !== undefined));
    this.#cancelled = 0;
  }
}

class SystemClock implements Clock {
  #agenda = new Agenda();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  now(): number {
    return Date.now();
  }

  schedule(atMs: number, run: () => void): Cancel {
    const cancel = this.#agenda.add(atMs, run);
    if (atMs < this.#timerAt) this.#arm();
    return cancel;
  }

  #arm(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    const at = this.#agenda.next();
    this.#timerAt = at ?? Infinity;
    if (at === undefined) {
      this.#timer = undefined;
      return;
    }
    const wait = Math.min(Math.max(at - Date.now(), 1), longestTimeoutMs);
    this.#timer = setTimeout(() => this.#fire(), wait);
    // Nothing the broker waits for is a reason to keep a process alive: its listener is.
    this.#timer.unref();
  }

  #fire(): void {
    try {
      for (let run = this.#agenda.takeDue(Date.now()); run; run = this.#agenda.takeDue(Date.now())) run();
    } finally {
      this.#arm();
    }
  }
}

/** The clock on the wall. */
export const systemClock: Clock = new SystemClock();

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #agenda = new Agenda();
  #now: number;

  constructor(startMs = Date.UTC(2030, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  schedule(atMs: number, run: () => void): Cancel {
    return this.#agenda.add(atMs, run);
  }

  /** Moves time forward and runs what falls due on the way, each task at its own moment. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let at = this.#agenda.next(); at !== undefined && at <= end; at = this.#agenda.next()) {
      this.#now = Math.max(this.#now, at);
      this.#agenda.takeDue(this.#now)?.();
    }
    this.#now = end;
  }
}

/** The same clock, with what a task throws handed to `report` in place of ending the process. */
export function guardClock(clock: Clock, report: (error: unknown) => void): Clock {
  return {
    now: () => clock.now(),
    schedule: (atMs, run) =>
      clock.schedule(atMs, () => {
        try {
          run();
        } catch (error) {
          report(error);
        }
      }),
  };
}
