import type { Answer } from "./answer.ts";
import { budgetFor, goingOf, unavailableOf } from "./budget.ts";
import type { Header, Outcome, Target } from "./header.ts";
import type { FleetMember } from "./ports.ts";

/**
 * One move of a running or cancelling operation, decided from a fresh read; pure.
 *
 * In order: what has become of each target; whether too many failed, so that nothing more is released; which pending targets
 * the budget lets go now; whether all is over. Times are operation time (Header.elapsedMs).
 *
 * A target goes pending → released → underway → outcome:
 * - recycled: another incarnation of it is ready, for whatever reason it restarted;
 * - failed: it acknowledged and then said that it could not go;
 * - timed-out(delivery): released, and did not acknowledge in time. Arbitrated: the row t:<instance> must be inserted first;
 * - timed-out(execution): underway for too long;
 * - cancelled: by request or after too many errors. Arbitrated when it was released: it may be acknowledging right now. One that
 *   was never released cannot be: instances act only when the header lists them as released.
 */
export interface Evidence {
  answers: ReadonlyMap<string, Answer>;
  fleet: readonly FleetMember[];
  /** The delay with which the tick came that makes this move. */
  afterMs: number;
}

export interface Decision {
  /** The header after the move, except for step and movedBy. */
  header: Header;
  /** Answers that a driver gives in a target's place; each must be inserted before the header is swapped. */
  verdicts: { instance: string; answer: Answer }[];
}

export function decide(before: Header, evidence: Evidence): Decision {
  const nowMs = before.elapsedMs + evidence.afterMs;
  const verdicts: Decision["verdicts"] = [];
  const looked = before.targets.map((target) => {
    const { next, verdict } = look(target, before, evidence, nowMs);
    if (verdict) verdicts.push({ instance: target.instance, answer: verdict });
    return next;
  });
  const hasMoved = looked.some((target, index) => target !== before.targets[index]);
  const header = {
    ...before,
    targets: looked,
    elapsedMs: nowMs,
    progressAtMs: hasMoved ? nowMs : before.progressAtMs,
  };
  const settled = settle(release(stopAfterErrors(header), evidence.fleet), evidence.fleet);
  return { header: settled, verdicts };
}

/** Whether a released target still has to be told, for the first time or again. */
export function mustAnnounce({ state, targets }: Header): boolean {
  return state === "running" && targets.some(isUnanswered);
}

const isOpen = (target: Target): boolean => target.outcome === undefined;
const isReleased = (target: Target): boolean => target.releasedAtMs !== undefined;
const isPending = (target: Target): boolean => isOpen(target) && !isReleased(target);
const isUnanswered = (target: Target): boolean =>
  isOpen(target) && isReleased(target) && target.underwayAtMs === undefined;

/** What has become of one target. */
function look(
  target: Target,
  header: Header,
  evidence: Evidence,
  nowMs: number,
): { next: Target; verdict?: Answer } {
  if (!isOpen(target)) return { next: target };
  const member = evidence.fleet.find(({ id }) => id === target.instance);
  const hasRestarted = member !== undefined && member.incarnation !== target.incarnation;
  if (hasRestarted && member.state === "ready") return ended(target, { state: "recycled" });

  const answer = evidence.answers.get(target.instance);
  if (answer?.failure !== undefined) return ended(target, { state: "failed", reason: answer.failure });
  if (answer?.state === "cancelled") return ended(target, cancelled(header));
  if (answer?.state === "timed-out") return ended(target, undelivered(header));
  if (target.releasedAtMs === undefined) {
    return header.state === "cancelling" ? ended(target, cancelled(header)) : { next: target };
  }
  if (answer?.state === "acknowledged" || (hasRestarted && header.state === "running"))
    return underway(target, header, nowMs);
  if (header.state === "cancelling")
    return { ...ended(target, cancelled(header)), verdict: { state: "cancelled" } };
  if (nowMs - target.releasedAtMs >= header.request.deliveryTimeoutMs) {
    return { ...ended(target, undelivered(header)), verdict: { state: "timed-out" } };
  }
  return { next: target };
}

function underway(target: Target, header: Header, nowMs: number): { next: Target } {
  const { executionTimeoutMs } = header.request;
  const sinceMs = target.underwayAtMs ?? nowMs;
  if (nowMs - sinceMs >= executionTimeoutMs) {
    const reason = `no new incarnation was ready within ${seconds(executionTimeoutMs)} of its acknowledgement`;
    return ended(target, { state: "timed-out", phase: "execution", reason });
  }
  return { next: target.underwayAtMs === undefined ? { ...target, underwayAtMs: sinceMs } : target };
}

const ended = (target: Target, outcome: Outcome): { next: Target } => ({ next: { ...target, outcome } });

function undelivered(header: Header): Outcome {
  const reason = `did not acknowledge within ${seconds(header.request.deliveryTimeoutMs)}`;
  return { state: "timed-out", phase: "delivery", reason };
}

function cancelled(header: Header): Outcome {
  return {
    state: "cancelled",
    reason: header.state === "cancelling" ? "the operation was cancelled" : "the operation stopped",
  };
}

/** More errors than allowed: what is pending is not released any more. */
function stopAfterErrors(header: Header): Header {
  if (!hasTooManyErrors(header)) return header;
  const reason = `not started: more than ${header.request.maxErrors} of the instances before it failed`;
  return endPending(header, { state: "cancelled", reason });
}

/** Releases as many pending targets as the budget allows, as one wave. */
function release(header: Header, fleet: readonly FleetMember[]): Header {
  if (header.state !== "running") return header;
  const released = new Set(releasable(header, fleet));
  if (released.size === 0) return header;
  const [wave, releasedAtMs] = [header.wave + 1, header.elapsedMs];
  const targets = header.targets.map((target) =>
    released.has(target) ? { ...target, wave, releasedAtMs } : target,
  );
  return { ...header, wave, targets, progressAtMs: header.elapsedMs };
}

function releasable(header: Header, fleet: readonly FleetMember[]): Target[] {
  const pending = header.targets.filter(isPending);
  const budget = budgetFor(header.request, header.targets.length);
  if (budget === Number.POSITIVE_INFINITY) return pending;
  const away = unavailableOf(header, fleet);
  const isReady = ({ instance }: Target) =>
    fleet.some(({ id, state }) => id === instance && state === "ready");
  const first = (targets: Target[], count: number) => targets.slice(0, Math.max(0, count));
  // Who is not serving is counted as away already: telling it to recycle costs nothing more, but for the place among those that go.
  const notServing = pending.filter((target) => !isReady(target));
  const serving = pending.filter((target) => isReady(target) && !away.has(target.instance));
  return [...first(notServing, budget - goingOf(header, fleet).size), ...first(serving, budget - away.size)];
}

/** Ends the operation when every target has its outcome; gives up on pending ones that no budget will ever let go. */
function settle(header: Header, fleet: readonly FleetMember[]): Header {
  const isStuck =
    header.targets.some(isPending) && !header.targets.some((target) => isOpen(target) && isReleased(target));
  if (isStuck && header.elapsedMs - header.progressAtMs >= header.request.deliveryTimeoutMs) {
    const away = unavailableOf(header, fleet).size;
    const reason = `not started: ${away} instances of its roles were away and at most ${budgetFor(header.request, header.targets.length)} may be`;
    return settle(endPending(header, { state: "timed-out", phase: "delivery", reason }), fleet);
  }
  if (header.targets.some(isOpen)) return header;
  if (header.state === "cancelling") return { ...header, state: "cancelled" };
  return { ...header, state: hasTooManyErrors(header) ? "failed" : "succeeded" };
}

function endPending(header: Header, outcome: Outcome): Header {
  return {
    ...header,
    targets: header.targets.map((target) => (isPending(target) ? { ...target, outcome } : target)),
  };
}

function hasTooManyErrors(header: Header): boolean {
  const errors = header.targets.filter(
    ({ outcome }) => outcome?.state === "failed" || outcome?.state === "timed-out",
  );
  return errors.length > header.request.maxErrors;
}

const seconds = (ms: number): string => `${ms / 1_000} s`;
