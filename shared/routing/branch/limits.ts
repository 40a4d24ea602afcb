/** Bounds of a branch's way to its endpoint. */
export const branchLimits = {
  /** One try at all targets together; a message's lock is renewed for five minutes. */
  maxTryMs: 240_000,
  /** Between two tries, at most. */
  maxPauseMs: 300_000,
  /** Copies that only waited for an open circuit, at most a minute each when an endpoint stays down; then the branch has failed. */
  maxDelays: 1_000,
  maxDelayMs: 60_000,
  /** In order, a branch waits under its session's lock: so long at most between two tries, and so long in all before the broker brings it again. */
  maxPauseInPlaceMs: 60_000,
  maxInPlaceMs: 285_000,
  /** Between two looks at a table or queue that does not answer, at first. */
  firstOutagePauseMs: 500,
  /** Of what is told about a branch that failed. */
  maxToldLength: 1_000,
} as const;
