import type { CounterState, KeptAnswer } from "../../../shared/counter/state.ts";
import { unusedState } from "../../../shared/counter/state.ts";

/** A counter that was used, unless the changes say otherwise. */
export const stateWith = (changes: Partial<CounterState> = {}): CounterState => ({
  ...unusedState(1n),
  turn: 5,
  value: 10n,
  ...changes,
});

export const writerId = (index: number): string => `writer${String(index).padStart(2, "0")}`;

export const keptAnswer = (index: number): KeptAnswer => ({
  key: String(index).padStart(16, "k"),
  epoch: 1,
  value: BigInt(index),
  count: 1,
});

export const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
