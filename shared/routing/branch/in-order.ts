import { entities, topology } from "../../bus/topology.ts";
import type { CarriedBranch } from "../carrier.ts";
import type { StoredBranch } from "./branch-row.ts";
import { branchLimits as limits } from "./limits.ts";
import { pauseMs } from "./pauses.ts";
import { failureOf, type BranchSteps, type Failure } from "./steps.ts";

/** The branch is not delivered, and its session's lock cannot be held for longer: the broker brings it again, before all behind it. */
export class NotYetDelivered extends Error {
  override readonly name = "NotYetDelivered";
}

export interface InOrder {
  steps: BranchSteps;
  carried: CarriedBranch;
  maxTries: number;
  retryMs: number;
  /** As the trigger says: from 1. */
  deliveryCount: number;
}

/** What a round came to that is to be repeated. */
interface Again {
  pauseMs: number;
  why: string;
  /** What is given up when no round is left; an outage of tables or Service Bus is no reason to. */
  giveUp?: { state: StoredBranch; failure: Failure };
}

const maxDeliveries = topology.queues[entities.routerOutboxOrdered]?.maxDeliveryCount ?? 1;

/**
 * Delivers a branch before those behind it in its session: tries again here, under the session's lock, and makes no copies. Throws
 * NotYetDelivered when there is no time for another round; at the last delivery the branch has failed instead, or the broker would put it
 * where nobody looks.
 */
export async function deliverInOrder(order: InOrder): Promise<void> {
  const { steps, carried } = order;
  const { clock, log } = steps.parts;
  const endMs = clock.monotonicMs() + limits.maxInPlaceMs;
  let outages = 0;
  for (;;) {
    let again: Again | undefined;
    try {
      again = await playRound(order, endMs - clock.monotonicMs());
      outages = 0;
    } catch (error) {
      outages += 1;
      again = {
        pauseMs: pauseMs(limits.firstOutagePauseMs, outages, limits.maxPauseInPlaceMs),
        why: error instanceof Error ? error.message : String(error),
      };
    }
    if (!again) return;
    const leftMs = Math.max(0, endMs - clock.monotonicMs());
    const hasRoundLeft = leftMs - again.pauseMs >= roundMs(carried);
    if (!hasRoundLeft && again.giveUp && order.deliveryCount >= maxDeliveries)
      return await steps.giveUp(carried, again.giveUp.state, again.giveUp.failure);
    log.waiting(carried, again.why, again.pauseMs);
    // Waits before it gives the message back, too: it comes again at once.
    await clock.delay(Math.min(again.pauseMs, leftMs));
    if (!hasRoundLeft) throw new NotYetDelivered(again.why);
  }
}

/** Undefined when the branch is done with. */
async function playRound(order: InOrder, leftMs: number): Promise<Again | undefined> {
  const { steps, carried, maxTries, retryMs } = order;
  const state = await steps.begin(carried);
  if (!state) return undefined;
  const outcome = await steps.call(carried, leftMs);
  if (outcome.kind === "taken") {
    await steps.end(carried, state, outcome);
    return undefined;
  }
  if (outcome.kind === "skipped") {
    const why = "every circuit is open";
    const failure = { reason: why, isFinal: false, tries: state.tries, attempts: [] };
    return { pauseMs: Math.min(outcome.afterMs, limits.maxPauseInPlaceMs), why, giveUp: { state, failure } };
  }
  const failure = failureOf(outcome, state.tries + 1, maxTries);
  if (failure.isFinal) {
    await steps.giveUp(carried, state, failure);
    return undefined;
  }
  await steps.note(carried, state, failure);
  return {
    pauseMs: pauseMs(retryMs, failure.tries, limits.maxPauseInPlaceMs),
    why: failure.reason,
    giveUp: { state, failure },
  };
}

/** How long one try of all its targets may take. */
function roundMs({ branch }: CarriedBranch): number {
  return Math.min(
    limits.maxTryMs,
    branch.targets.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0),
  );
}
