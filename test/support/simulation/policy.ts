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

/** The share of turns at which time passes although something could go on. */
const hurriedTimeShare = 0.02;
/** How much slower a slow process is than a quick one. */
const slowness = 0.04;

/** Picks at random; some processes are much slower than others, so that they fall behind by whole operations. */
export function randomPolicy(random: Random, faultShare: number): Policy {
  const speeds = new Map<string, number>();
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
    if (ordinary.length === 0 || (time && random() < hurriedTimeShare)) return time;
    return pickWeighted(random, ordinary, ({ actor }) => (actor ? speedOf(actor) : 1));
  };
}

/** Departs from the plain order at one turn: there, the alternative with this number is taken. */
export interface Deviation {
  turn: number;
  alternative: number;
}

/** Always takes what came first, and lets time pass only when nothing else can happen; but for the deviations. */
export function plainPolicy(deviations: readonly Deviation[], seen?: (alternatives: number) => void): Policy {
  let turn = -1;
  return ({ ordinary, time, faults }) => {
    turn += 1;
    const plain = ordinary[0] ?? time;
    const deviation = deviations.find((one) => one.turn === turn);
    if (!deviation && !seen) return plain;
    const alternatives = [...ordinary.slice(1), ...(time && ordinary.length > 0 ? [time] : []), ...faults()];
    seen?.(alternatives.length);
    return (deviation && alternatives[deviation.alternative]) ?? plain;
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
