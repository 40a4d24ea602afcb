import { reasonOf, type Log } from "../../kernel/log.ts";
import type { Outcome } from "../endpoint/ports.ts";
import type { RoutedMessage } from "../routed-message.ts";
import type { Decision } from "./decision.ts";

/** What the router tells the log of messages: what matched, by which version, where it went. */
export function decisionLog(log: Log) {
  return { ...wayLog(log), ...trouble(log) };
}

export type DecisionLog = ReturnType<typeof decisionLog>;

const factsOf = ({ id, replay, table, version, inbound }: Decision) => ({
  messageId: id,
  replay,
  table,
  version,
  inbound,
});

/** A message on its way. */
function wayLog(log: Log) {
  return {
    routed: (decision: Decision, isRepeated: boolean) =>
      log.emit(
        "info",
        "router.routed",
        `message ${decision.id} goes ${isRepeated ? "again " : ""}to ${namesIn(decision)} by ${decision.version}`,
        {
          ...factsOf(decision),
          isRepeated,
          priority: decision.priority,
          matched: decision.trace.map(({ endpoint, entries, count }) => ({ endpoint, entries, count })),
          branches: decision.branches.map(({ id, endpoint, targets }) => ({
            id,
            endpoint,
            targets: targets.map(({ name }) => name),
          })),
        },
      ),
    unmatched: (decision: Decision) =>
      log.emit(
        "warn",
        "router.unmatched",
        `message ${decision.id} matches nothing in ${decision.version} and is kept`,
        factsOf(decision),
      ),
    superseded: ({ pass }: RoutedMessage, stored: Decision) =>
      log.emit(
        "info",
        "router.superseded",
        `a copy of message ${stored.id} at replay ${pass.replay} comes too late: it was decided at replay ${stored.replay}`,
        { ...factsOf(stored), replay: pass.replay, decidedAtReplay: stored.replay },
      ),
    answered: (decision: Decision, outcome: Outcome, tookMs: number) =>
      log.emit(
        outcome.kind === "taken" ? "info" : "warn",
        "router.answered",
        `request ${decision.id} by ${decision.version}: ${outcome.kind === "taken" ? `${outcome.endpoint} has answered` : `no service has answered (${outcome.kind})`}`,
        {
          ...factsOf(decision),
          outcome: outcome.kind,
          tookMs: Math.round(tookMs),
          attempts: outcome.attempts.map((attempt) => ({ ...attempt })),
        },
      ),
    replayed: (messageId: string, replay: number, inbound: string) =>
      log.emit("info", "router.replayed", `message ${messageId} is routed anew, for the ${replay}. time`, {
        messageId,
        replay,
        inbound,
      }),
  };
}

/** What did not go as it should. */
function trouble(log: Log) {
  return {
    unrecorded: (messageId: string, error: unknown) =>
      log.emit(
        "warn",
        "router.unrecorded",
        `request ${messageId} was answered, but that it was could not be written: ${reasonOf(error)}`,
        { messageId, reason: reasonOf(error) },
      ),
    heldUp: (messageId: string, tries: number, error: unknown) =>
      log.emit(
        "warn",
        "router.held-up",
        `ordered message ${messageId} could not be routed for now (${tries} tries); those behind it wait: ${reasonOf(error)}`,
        { messageId, tries, reason: reasonOf(error) },
      ),
  };
}

function namesIn({ branches }: Decision): string {
  return branches.map(({ endpoint }) => endpoint).join(", ");
}
