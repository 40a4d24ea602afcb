import { createHash } from "node:crypto";

/** What may be asked of a counter. */
export type CounterRequest = {
  /** As latin1 text: the same key asks for the same answer. */
  key?: string | undefined;
} & ({ kind: "next"; count: number } | { kind: "reset"; value: bigint } | { kind: "read" });

/** Numbers that were taken, one after the other: `value` is the first, `last` the last of them. */
export interface Taken {
  value: bigint;
  last: bigint;
  count: number;
  epoch: number;
  /** The request's key was used before; this is the answer it got then. */
  isRepeated: boolean;
}

/** Where a counter stands. */
export interface Reading {
  /** The last number that was taken, or what a reset has set. */
  value: bigint;
  epoch: number;
  isUsed: boolean;
  isRepeated: boolean;
}

export type CounterAnswer = Taken | Reading;

/** What a key is remembered as. */
export function hashKey(key: string): string {
  return createHash("sha256").update(key).digest().toString("latin1", 0, 16);
}
