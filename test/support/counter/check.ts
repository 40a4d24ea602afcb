import type { Taken } from "../../../shared/counter/request.ts";

/** What a caller saw of one request. */
export interface Seen {
  key?: string | undefined;
  count: number;
  /** On a clock that all callers share. */
  askedAt: number;
  answeredAt: number;
  /** Undefined when it was never answered: its numbers may have been taken all the same. */
  taken?: Taken | undefined;
}

/** What a caller saw of one reset. */
export interface SeenReset {
  value: bigint;
  epoch: number;
  askedAt: number;
  answeredAt: number;
}

/**
 * Holds what callers saw against the rules of the counter; returns what breaks them, in words. The gaps that may be are those of requests
 * that were never answered.
 */
export function findViolations(
  seen: readonly Seen[],
  resets: readonly SeenReset[] = [],
  first = 1n,
): string[] {
  const answered = seen.flatMap((request) => (request.taken ? [{ ...request, taken: request.taken }] : []));
  const unanswered = seen.reduce((sum, { taken, count }) => sum + (taken ? 0 : count), 0);
  const byKey = new Map<string, Taken>();
  const violations: string[] = [];
  const fresh = answered.filter(({ key, taken }) => {
    if (key === undefined) return true;
    const before = byKey.get(key);
    byKey.set(key, before ?? taken);
    if (before && (before.value !== taken.value || before.epoch !== taken.epoch))
      violations.push(`key ${key} got ${before.epoch}:${before.value}, then ${taken.epoch}:${taken.value}`);
    return !before;
  });
  const firsts = new Map([[1, first], ...resets.map(({ epoch, value }) => [epoch, value + 1n] as const)]);
  violations.push(
    ...checkRanges(fresh, firsts, unanswered),
    ...checkOrder(fresh),
    ...checkEpochs(fresh, resets),
  );
  return violations;
}

type Answered = Seen & { taken: Taken };

/** No number twice in an epoch, and no more numbers missing than requests that were never answered. */
function checkRanges(
  answered: readonly Answered[],
  firsts: ReadonlyMap<number, bigint>,
  unanswered: number,
): string[] {
  const violations: string[] = [];
  let missing = 0n;
  for (const epoch of new Set(answered.map(({ taken }) => taken.epoch))) {
    const requests = answered.filter(({ taken }) => taken.epoch === epoch);
    let next = firsts.get(epoch) ?? 0n;
    for (const { taken } of requests.toSorted((a, b) => (a.taken.value < b.taken.value ? -1 : 1))) {
      if (taken.value < next) violations.push(`${epoch}:${taken.value} was given twice`);
      else missing += taken.value - next;
      next = taken.last + 1n;
    }
  }
  if (missing > BigInt(unanswered))
    violations.push(`${missing} numbers are missing, and ${unanswered} were asked for without an answer`);
  return violations;
}

/** Who asks after another was answered gets a higher number, or a later epoch. */
function checkOrder(answered: readonly Answered[]): string[] {
  const byAsked = answered.filter(({ taken }) => !taken.isRepeated).sort((a, b) => a.askedAt - b.askedAt);
  const byAnswered = answered.toSorted((a, b) => a.answeredAt - b.answeredAt);
  const violations: string[] = [];
  let highest: Taken | undefined;
  let next = 0;
  for (const { taken, askedAt } of byAsked) {
    for (; (byAnswered[next]?.answeredAt ?? Infinity) < askedAt; next += 1) {
      const done = byAnswered[next]?.taken;
      if (done && (!highest || isLower(highest, done))) highest = done;
    }
    if (highest && isLower(taken, highest))
      violations.push(
        `${taken.epoch}:${taken.value} was given to one who asked after ${highest.epoch}:${highest.value} was answered`,
      );
  }
  return violations;
}

const isLower = (a: Taken, b: Taken): boolean =>
  a.epoch < b.epoch || (a.epoch === b.epoch && a.value < b.value);

/** Each reset has an epoch of its own, and who asks after it was answered does not get a number of an earlier one. */
function checkEpochs(answered: readonly Answered[], resets: readonly SeenReset[]): string[] {
  const violations: string[] = [];
  if (new Set(resets.map(({ epoch }) => epoch)).size < resets.length)
    violations.push("two resets made one epoch");
  for (const reset of resets)
    for (const { taken, askedAt } of answered)
      if (!taken.isRepeated && askedAt > reset.answeredAt && taken.epoch < reset.epoch)
        violations.push(`${taken.epoch}:${taken.value} was given after the reset to epoch ${reset.epoch}`);
  return violations;
}
