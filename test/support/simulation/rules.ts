import type { Answer } from "../../../shared/operation/answer.ts";
import type { InstanceRow } from "../../../shared/fleet/instance-row.ts";
import { hasEnded, type Header, type Target } from "../../../shared/operation/header.ts";

/** What is wrong with a header that replaced another one; undefined when nothing is. */
export function faultOfStep(before: Header, after: Header): string | undefined {
  const { id } = after;
  if (hasEnded(before)) return `${id} was written after it had ended`;
  if (after.state === "cancelled" && before.state !== "cancelling")
    return `${id} is cancelled, but nobody asked for that`;
  if (before.state === "cancelling" && !["cancelling", "cancelled"].includes(after.state))
    return `${id} was cancelled and is ${after.state} now`;
  if (after.step !== before.step && after.step !== before.step + 1)
    return `${id} went from step ${before.step} to ${after.step}`;
  if (after.step === before.step && after.state !== "cancelling")
    return `${id} changed without a step, and not by a request to cancel it`;
  if (after.elapsedMs < before.elapsedMs) return `${id}: operation time went back`;
  if (before.targets.length > 0 && after.targets.length !== before.targets.length)
    return `${id} changed whom it is meant for`;
  if (errorsOf(before) > before.request.maxErrors && after.wave > before.wave)
    return `${id} told more to go after ${errorsOf(before)} had failed`;
  return before.targets.map((target, index) => faultOfTarget(target, after.targets[index])).find(Boolean);
}

function faultOfTarget(before: Target, after: Target | undefined): string | undefined {
  const { instance } = before;
  if (after?.instance !== instance || after.incarnation !== before.incarnation)
    return `${instance} is no longer the target that it was`;
  if (before.releasedAtMs !== undefined && after.releasedAtMs !== before.releasedAtMs)
    return `${instance} was released anew`;
  if (before.outcome && JSON.stringify(after.outcome) !== JSON.stringify(before.outcome))
    return `${instance} was ${before.outcome.state} and is ${after.outcome?.state ?? "open"} now`;
  return undefined;
}

/** What is wrong with an instance's row that replaced another one. */
export function faultOfRow(before: InstanceRow | undefined, after: InstanceRow): string | undefined {
  const { instance, epoch, incarnation } = after;
  if (incarnation === before?.incarnation)
    return epoch === before.epoch ? undefined : `${instance} has another epoch in the same life`;
  return epoch === (before?.epoch ?? 0) + 1 ? undefined : `${instance} was taken over with epoch ${epoch}`;
}

/** What is wrong with an answer as it was just written. */
export function faultOfAnswer(
  instance: string,
  before: Answer | undefined,
  after: Answer,
  target: Target | undefined,
): string | undefined {
  if (before && (before.state !== after.state || before.incarnation !== after.incarnation))
    return `the answer for ${instance} was ${before.state} and is ${after.state} now`;
  if (before || after.state !== "acknowledged") return undefined;
  if (target?.releasedAtMs === undefined) return `${instance} acknowledged without being released`;
  const { outcome } = target;
  if (outcome?.state === "cancelled" || outcome?.state === "timed-out")
    return `${instance} acknowledged after it was ${outcome.state}`;
  return undefined;
}

/** What is wrong with how an operation ended. */
export function faultOfHeader(header: Header, answers: ReadonlyMap<string, Answer>): string | undefined {
  const { id, state, targets, request } = header;
  const errors = errorsOf(header);
  const open = targets.find(({ outcome }) => !outcome);
  if (open) return `${id} has ended, but ${open.instance} has no outcome`;
  if (state === "succeeded" && errors > request.maxErrors) return `${id} succeeded with too many errors`;
  if (state === "failed" && errors <= request.maxErrors) return `${id} failed with too few errors`;
  if (!header.endedAt) return `${id} has ended at no time`;
  return targets.map((target) => faultOfEnd(target, answers.get(target.instance))).find(Boolean);
}

/** How many targets have failed. */
function errorsOf({ targets }: Header): number {
  return targets.filter(({ outcome }) => outcome?.state === "failed" || outcome?.state === "timed-out")
    .length;
}

function faultOfEnd({ instance, outcome }: Target, answer: Answer | undefined): string | undefined {
  if (outcome?.state === "failed" && answer?.failure === undefined)
    return `${instance} counts as failed, but did not say so`;
  const isGivenUp =
    outcome?.state === "cancelled" || (outcome?.state === "timed-out" && outcome.phase === "delivery");
  if (isGivenUp && answer?.state === "acknowledged")
    return `${instance} is ${outcome.state}, but acknowledged`;
  if (
    outcome?.state === "timed-out" &&
    outcome.phase === "execution" &&
    answer &&
    answer.state !== "acknowledged"
  )
    return `${instance} timed out in execution, but its answer is ${answer.state}`;
  return undefined;
}
