import type { Header, OperationRequest, Target } from "./header.ts";
import type { FleetMember } from "./ports.ts";

/** How many instances of the operation's roles may be away at once. A share is rounded down, and lets at least one go. */
export function budgetFor({ maxUnavailable }: OperationRequest, targetCount: number): number {
  if (maxUnavailable === undefined) return Number.POSITIVE_INFINITY;
  if (typeof maxUnavailable === "number") return maxUnavailable;
  return Math.max(1, Math.floor((Number.parseInt(maxUnavailable, 10) / 100) * targetCount));
}

/**
 * Who of the operation's roles is away, or may be at any moment: everybody who is not ready, whatever the cause; everybody whom
 * the driver has not itself seen alive; targets that were released and can still act on it; targets that acknowledged and were
 * given up on, as long as the incarnation that acknowledged is the one that runs.
 */
export function unavailableOf({ request, targets }: Header, fleet: readonly FleetMember[]): Set<string> {
  const members = new Map(fleet.map((member) => [member.id, member]));
  const away = new Set<string>();
  for (const { id, role, state, isSeenAlive } of fleet) {
    if (request.roles.includes(role) && (state !== "ready" || !isSeenAlive)) away.add(id);
  }
  for (const target of targets) {
    const member = members.get(target.instance);
    if (!member || (mayStillGo(target) && member.incarnation === target.incarnation))
      away.add(target.instance);
  }
  return away;
}

/**
 * Who is away by the operation's own doing, or may be at any moment: released, and not known to be back. Counted beside everybody
 * who is away, because an instance that only looks away (its heartbeats failed, it stands still, it is about to be ready) serves
 * again when it finds that it was released: without this count, a whole role that looks lost for a moment would go at once.
 */
export function goingOf({ targets }: Header, fleet: readonly FleetMember[]): Set<string> {
  const members = new Map(fleet.map((member) => [member.id, member]));
  const going = targets.filter((target) => {
    const member = members.get(target.instance);
    const isBack = member?.state === "ready" && member.incarnation !== target.incarnation;
    return mayStillGo(target) && !isBack;
  });
  return new Set(going.map(({ instance }) => instance));
}

function mayStillGo({ releasedAtMs, outcome }: Target): boolean {
  if (releasedAtMs === undefined) return false;
  return outcome === undefined || (outcome.state === "timed-out" && outcome.phase === "execution");
}
