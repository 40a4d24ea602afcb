/**
 * How long the lock is kept, and how others come to have it. A waiting process is told nothing when a lock is let go: the service may
 * refuse it at once, and then it can only ask again. So
 * - a holder lets go after `holdMs` even while work keeps coming, or `soloHoldMs` when nobody else has written since it last had the lock;
 * - and then stays away for longer than the longest time between two questions of a process that waits: each of them asks at least
 *   once while nobody holds the lock. One of them gets it, and from then on the state shows that there are others;
 * - a process that has waited longer asks more often, so that the one that has waited longest most likely gets the lock.
 * Where the service lets an accept wait for the lock instead, the first one that waits gets it as soon as it is let go.
 */
export const pace = {
  holdMs: 200,
  soloHoldMs: 1_000,
  /** How long the lock is kept when no request waits: a caller that asks for one number after the other needs one accept, not many. */
  lingerMs: 3,
  soloLingerMs: 20,
  firstAskMs: 60,
  lastAskMs: 15,
  /** From the first to the last of these intervals. */
  askFasterWithinMs: 1_500,
  /** After an error. */
  retryMs: 50,
  maxRetryMs: 1_000,
} as const;

export const holdMsOf = (isAlone: boolean): number => (isAlone ? pace.soloHoldMs : pace.holdMs);

export const lingerMsOf = (isAlone: boolean): number => (isAlone ? pace.soloLingerMs : pace.lingerMs);

/** How long a holder stays away that let go while it had work left. */
export function awayMsOf(isAlone: boolean, random: () => number): number {
  const longestAskMs = pace.firstAskMs * 1.1;
  return isAlone ? longestAskMs * (1 + random() * 0.2) : pace.holdMs * (1 + random() * 0.5);
}

/** How long a process that has waited so long waits before it asks again. */
export function askAgainMsOf(waitedMs: number, random: () => number): number {
  const share = Math.min(1, waitedMs / pace.askFasterWithinMs);
  const intervalMs = pace.firstAskMs + (pace.lastAskMs - pace.firstAskMs) * share;
  return intervalMs * (0.6 + random() * 0.4);
}

/** How long to wait after so many errors in a row. */
export function retryMsOf(errors: number, random: () => number): number {
  return Math.min(pace.maxRetryMs, pace.retryMs * 2 ** Math.min(errors - 1, 10)) * (0.6 + random() * 0.4);
}
