import type { Choice } from "./choices.ts";
import { pick, type Random } from "./random.ts";
import type { Actor } from "./world.ts";

/** What may happen next, as a schedule sees it. */
export interface Menu {
  ordinary: readonly Choice[];
  time: Choice | undefined;
  /** What may go wrong; empty when enough has. */
  faults: () => readonly Choice[];
}

/** Picks what happens next; undefined when nothing can. */
export type Policy = (menu: Menu) => Choice | undefined;

/** The shares of turns at which time passes although something could go on. */
const hurriedTimeShares = [0.02, 0.02, 0.2];
/** How much slower a slow process is than a quick one. */
const slowness = 0.04;
/** The shares of steps that take very long: everything else goes on, and time passes. */
const stalledShares = [0, 0.01, 0.05];
/** The share of turns at which a stalled step happens after all, when there is nothing else but to wait. */
const stalledEndShare = 0.1;

/**
 * Picks at random. Some processes are much slower than others, so that they fall behind by whole operations, and some steps hang
 * between the question and the answer, in any of the gaps that the protocol has.
 */
export function randomPolicy(random: Random, faultShare: number): Policy {
  const speeds = new Map<string, number>();
  const hurriedTimeShare = pick(random, hurriedTimeShares);
  const stalledShare = pick(random, stalledShares);
  const stalled = new WeakMap<object, boolean>();
  const isStalled = ({ of }: Choice) => {
    if (!of || stalledShare === 0) return false;
    const known = stalled.get(of) ?? random() < stalledShare;
    stalled.set(of, known);
    return known;
  };
  const speedOf = ({ name }: Actor) => {
    const speed = speeds.get(name) ?? (random() < 0.25 ? slowness : 1);
    speeds.set(name, speed);
    return speed;
  };
  return ({ ordinary, time, faults }) => {
    if (random() < faultShare) {
      const possible = faults();
      if (possible.length > 0) return pick(random, possible);
    }
    const swift = ordinary.filter((choice) => !isStalled(choice));
    if (time && random() < (swift.length === 0 ? 1 - stalledEndShare : hurriedTimeShare)) return time;
    if (ordinary.length === 0) return time;
    if (swift.length === 0) return pick(random, ordinary);
    return pickWeighted(random, swift, ({ actor }) => (actor ? speedOf(actor) : 1));
  };
}

/** Departs from the plain order at one turn: there, the fault with this number happens. */
export interface Deviation {
  turn: number;
  fault: number;
}

/**
 * Always takes what came first, and lets time pass only when nothing else can happen; but for one deviation. `seen` is told at each
 * turn how many faults could happen.
 */
export function plainPolicy(deviation?: Deviation, seen?: (faults: number) => void): Policy {
  let turn = -1;
  return ({ ordinary, time, faults }) => {
    turn += 1;
    const plain = ordinary[0] ?? time;
    seen?.(faults().length);
    return deviation?.turn === turn ? (faults()[deviation.fault] ?? plain) : plain;
  };
}

function pickWeighted<T>(random: Random, from: readonly T[], weightOf: (item: T) => number): T {
  const total = from.reduce((sum, item) => sum + weightOf(item), 0);
  let left = random() * total;
  for (const item of from) {
    left -= weightOf(item);
    if (left < 0) return item;
  }
  return pick(random, from);
}
