/** What is remembered of a request with a key: its answer, which never changes, and what was asked. */
export interface KeptAnswer {
  /** 16 bytes of a hash, as latin1 text. */
  key: string;
  /** The epoch in which it was answered. */
  epoch: number;
  /** The first number that was taken; for a reset the value that was set. */
  value: bigint;
  /** Numbers that were taken; 0 for a reset. */
  count: number;
}

/** The latest turn of one writer: by this it finds out whether a write whose answer was lost was made. */
export interface WriterTurn {
  /** 8 random bytes, as latin1 text: a holder in one life of one process. */
  writer: string;
  turn: number;
  answers: readonly KeptAnswer[];
}

/** All that there is of a counter. It is the state of its session, and each turn replaces it as a whole. */
export interface CounterState {
  /** Raised by every reset, so that an old number cannot be taken for a new one. */
  epoch: number;
  /** The last number that was taken. */
  value: bigint;
  /** Raised by every write. 0 means that the counter was never used. */
  turn: number;
  /** Latest turns, oldest first. */
  writers: readonly WriterTurn[];
  /** Answers of the newest keys of all writers, oldest first. */
  keys: readonly KeptAnswer[];
}

/** A counter before its first use. */
export function unusedState(initialValue: bigint): CounterState {
  return { epoch: 1, value: initialValue - 1n, turn: 0, writers: [], keys: [] };
}
