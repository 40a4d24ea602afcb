import { randomBytes } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import { Problem } from "../kernel/problem.ts";
import { Blocks } from "./block.ts";
import { sessionIdOf, type CounterName } from "./counter-name.ts";
import { Holder } from "./holder.ts";
import { counterLimits, counterTimes, defaultBlockSize } from "./limits.ts";
import type { CounterLog } from "./log.ts";
import { hashKey, type CounterAnswer, type CounterRequest, type Reading, type Taken } from "./request.ts";
import type { Sessions } from "./session.ts";

/** Strict: no gap. Block: quicker, and what is left of a block when a process ends is a gap. No mode gives a number twice. */
export type CounterMode = "strict" | "block";

export interface CounterOptions {
  /** The first number of a counter that was never used. Default 1. */
  initialValue?: bigint;
  /** How long a caller waits for its turn. */
  waitMs?: number;
  /** How many numbers a process leases at once in block mode. */
  blockSize?: number;
  /** What tests change, to see it happen. */
  times?: Partial<Record<keyof typeof counterTimes, number>>;
}

export interface CountersParts {
  sessions: Sessions;
  clock: Clock;
  random?: () => number;
  faults: FaultPoints;
  log: CounterLog;
}

export interface NextOptions {
  count?: number;
  mode?: CounterMode;
  /** The same key gets the same numbers. A request with one is always strict. */
  key?: string | undefined;
  /** Aborted before its turn, a request takes nothing. */
  signal?: AbortSignal | undefined;
}

interface OpenCounter {
  /** The higher, the later it was used. */
  usedAt: number;
  holder: Holder;
  blocks: Blocks;
}

/** The counters of one process: each has a holder of its own, so none waits for another; all share one connection. */
export class Counters {
  readonly #parts: CountersParts;
  readonly #options: CounterOptions;
  /** By context and name, with a character between them that neither can have. */
  readonly #open = new Map<string, OpenCounter>();
  #uses = 0;
  #isClosed = false;

  constructor(parts: CountersParts, options: CounterOptions = {}) {
    this.#parts = parts;
    this.#options = options;
    const first = options.initialValue ?? 1n;
    if (first <= counterLimits.minValue || first > counterLimits.maxValue)
      throw new Problem("invalid-request", `initialValue must be 0 to ${counterLimits.maxValue}`);
    checkCount("blockSize", options.blockSize ?? defaultBlockSize);
  }

  /**
   * The next number, or the next `count` one after the other. Throws Problem: `invalid-request`, `counter-overflow`, `key-reused`,
   * `counter-busy` and `unavailable` (nothing was taken), `outcome-unknown`. At most 4 operations, shared by all who ask meanwhile.
   */
  async next(
    name: CounterName,
    { count = 1, mode = "strict", key, signal }: NextOptions = {},
  ): Promise<Taken> {
    checkCount("count", count);
    if (mode !== "strict" && mode !== "block")
      throw new Problem("invalid-request", "mode must be strict or block");
    const counter = this.#counter(name);
    if (mode === "block" && count === 1 && key === undefined) return await counter.blocks.next();
    return takenOf(await counter.holder.ask({ kind: "next", count, key: hashed(key) }, signal));
  }

  /** Makes the counter go on behind this value, in a new epoch. */
  async reset(name: CounterName, value: bigint, key?: string): Promise<Reading> {
    if (value < counterLimits.minValue || value > counterLimits.maxValue)
      throw new Problem(
        "invalid-request",
        `The value must be ${counterLimits.minValue} to ${counterLimits.maxValue}`,
      );
    return readingOf(await this.#ask(name, { kind: "reset", value, key: hashed(key) }));
  }

  /** Where the counter stands; undefined when it was never used. Costs as much as taking a number. */
  async current(name: CounterName): Promise<Reading | undefined> {
    const reading = readingOf(await this.#ask(name, { kind: "read" }));
    return reading.isUsed ? reading : undefined;
  }

  /** Refuses what comes from now on, lets what waits have its turn, and closes the connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open.values()].map(({ holder }) => holder.idle()));
    await this.#parts.sessions.close();
  }

  async #ask(name: CounterName, request: CounterRequest): Promise<CounterAnswer> {
    return await this.#counter(name).holder.ask(request);
  }

  #counter(name: CounterName): OpenCounter {
    if (this.#isClosed) throw new Problem("unavailable", "The counters of this process have been closed");
    const id = `${name.context}\u0000${name.counter}`;
    const counter = this.#open.get(id) ?? this.#make(sessionIdOf(name));
    counter.usedAt = this.#uses += 1;
    if (this.#open.has(id)) return counter;
    this.#open.set(id, counter);
    if (this.#open.size > counterLimits.maxCounters) this.#forgetOne();
    return counter;
  }

  #make(id: string): OpenCounter {
    const { sessions, clock, faults, log, random = Math.random } = this.#parts;
    const times = { ...counterTimes, ...this.#options.times };
    const holder = new Holder(id, {
      sessions,
      writer: randomBytes(8).toString("latin1"),
      initialValue: this.#options.initialValue ?? 1n,
      ...times,
      waitMs: this.#options.waitMs ?? times.waitMs,
      clock,
      random,
      faults,
      log,
    });
    const blocks = new Blocks({
      size: this.#options.blockSize ?? defaultBlockSize,
      freshMs: times.blockMs,
      monotonicMs: () => clock.monotonicMs(),
      lease: async (count) => takenOf(await holder.ask({ kind: "next", count })),
      readEpoch: async () => (await holder.ask({ kind: "read" })).epoch,
    });
    return { usedAt: 0, holder, blocks };
  }

  /** The one that was used longest ago of those with nothing to do. What is left of its block is a gap. */
  #forgetOne(): void {
    let oldest: { id: string; usedAt: number } | undefined;
    for (const [id, { holder, usedAt }] of this.#open)
      if (holder.isIdle && usedAt < (oldest?.usedAt ?? this.#uses)) oldest = { id, usedAt };
    if (oldest) this.#open.delete(oldest.id);
  }
}

const hashed = (key: string | undefined): string | undefined =>
  key === undefined ? undefined : hashKey(key);

function checkCount(what: string, count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > counterLimits.maxCount)
    throw new Problem(
      "invalid-request",
      `${what} must be a whole number from 1 to ${counterLimits.maxCount}`,
    );
}

/** A holder answers each kind of request with its own kind of answer. */
function takenOf(answer: CounterAnswer): Taken {
  if ("last" in answer) return answer;
  throw new TypeError("A reading was answered where numbers were asked for");
}

function readingOf(answer: CounterAnswer): Reading {
  if (!("last" in answer)) return answer;
  throw new TypeError("Numbers were answered where a reading was asked for");
}
