import type { Log } from "../../kernel/log.ts";
import type { CarriedBranch } from "../carrier.ts";
import type { Attempt } from "../endpoint/ports.ts";

const idsOf = ({ message, branch, version, copy }: CarriedBranch) => ({
  messageId: message.pass.logicalId,
  branchId: branch.id,
  endpoint: branch.endpoint,
  inbound: message.pass.inbound,
  version,
  copy: copy.number,
});

const toldOf = (attempts: readonly Attempt[]) => attempts.map((one) => ({ ...one }));

/** What is told of branches: which went where, in how many tries, and how long each took. */
export const branchLog = (log: Log) => ({
  delivered: (carried: CarriedBranch, takenBy: string, tries: number, attempts: readonly Attempt[]) =>
    log.emit("info", "branch.delivered", `${takenBy} took the message at try ${tries}`, {
      ...idsOf(carried),
      takenBy,
      tries,
      attempts: toldOf(attempts),
    }),
  postponed: (carried: CarriedBranch, reason: string, tries: number, delayMs: number) =>
    log.emit("warn", "branch.postponed", `${carried.branch.endpoint} is tried again later: ${reason}`, {
      ...idsOf(carried),
      reason,
      tries,
      delayMs: Math.round(delayMs),
    }),
  waiting: (carried: CarriedBranch, reason: string, pauseMs: number) =>
    log.emit("warn", "branch.waiting", `${carried.branch.endpoint} is tried again in order: ${reason}`, {
      ...idsOf(carried),
      reason,
      pauseMs: Math.round(pauseMs),
    }),
  failed: (carried: CarriedBranch, reason: string, tries: number, attempts: readonly Attempt[]) =>
    log.emit("error", "branch.failed", `${carried.branch.endpoint} did not get the message: ${reason}`, {
      ...idsOf(carried),
      reason,
      tries,
      attempts: toldOf(attempts),
    }),
  unused: (carried: CarriedBranch, state: string) =>
    log.emit("info", "branch.unused", `a copy for ${carried.branch.endpoint} is not needed: ${state}`, {
      ...idsOf(carried),
      state,
    }),
  unanswered: (carried: CarriedBranch, reason: string) =>
    log.emit("warn", "branch.unanswered", `the sender does not get its answer: ${reason}`, {
      ...idsOf(carried),
      reason,
    }),
  circuit: (endpoint: string, isOpen: boolean, openMs: number) =>
    log.emit(
      isOpen ? "warn" : "info",
      isOpen ? "circuit.opened" : "circuit.closed",
      isOpen ? `${endpoint} is down: it is left alone for a while` : `${endpoint} is up again`,
      { endpoint, openMs },
    ),
});

export type BranchLog = ReturnType<typeof branchLog>;
