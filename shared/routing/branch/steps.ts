import type { Clock } from "../../kernel/clock.ts";
import type { FaultPoints } from "../../kernel/fault-points.ts";
import type { Table } from "../../table/table-store.ts";
import type { CarriedBranch } from "../carrier.ts";
import type { Attempt, CallTargets, EndpointPorts, Outcome } from "../endpoint/ports.ts";
import { sendAnswer, sendFailure } from "./answer-sender.ts";
import type { StoredBranch } from "./branch-row.ts";
import { BranchRows, type Progress } from "./branch-rows.ts";
import { branchLimits as limits } from "./limits.ts";
import type { BranchLog } from "./log.ts";
import type { SendRaw } from "./ports.ts";
import { rejectBranch } from "./reject-branch.ts";

export interface BranchesParts {
  /** RoutedMessages. */
  table: Pick<Table, "read" | "insert" | "replace">;
  endpoints: CallTargets;
  send: SendRaw;
  sendToMailbox: EndpointPorts["sendToMailbox"];
  clock: Clock;
  faults: FaultPoints;
  log: BranchLog;
}

/** What a try came to that delivered nothing. */
export interface Failure {
  reason: string;
  /** No later try would do better. */
  isFinal: boolean;
  tries: number;
  attempts: Attempt[];
}

/** The steps that the way of a branch is made of, in order and out of order. */
export class BranchSteps {
  readonly parts: BranchesParts;
  readonly #rows: BranchRows;

  constructor(parts: BranchesParts) {
    this.parts = parts;
    this.#rows = new BranchRows(parts.table, parts.clock, parts.faults);
  }

  /** Claims the branch for the copy. Undefined when there is nothing left to do but to complete it. */
  async begin(carried: CarriedBranch): Promise<StoredBranch | undefined> {
    const { faults, log } = this.parts;
    const { kind, state } = await this.#rows.claim(carried);
    if (kind === "given-up") await this.#tellFailure(carried, state.lastError ?? "", state);
    if (kind === "unused") log.unused(carried, state.state === "open" ? "another copy is live" : state.state);
    if (kind !== "live") return undefined;
    await faults.reach("branch-claimed");
    return state;
  }

  /** Offers the message to the branch's targets, once. */
  async call({ message, branch, version }: CarriedBranch, leftMs: number): Promise<Outcome> {
    const withinMs = Math.min(limits.maxTryMs, leftMs);
    const outcome = await this.parts.endpoints.callTargets({ message, branch, version, withinMs });
    await this.parts.faults.reach("branch-endpoint-called");
    return outcome;
  }

  /** Sends the answer back, if there is one to be sent, and then says that the branch is delivered. */
  async end(
    carried: CarriedBranch,
    state: StoredBranch,
    { endpoint, answer, attempts }: Extract<Outcome, { kind: "taken" }>,
  ): Promise<void> {
    const { faults, log } = this.parts;
    const status = attempts.at(-1)?.status;
    const target = carried.branch.targets.find(({ name }) => name === endpoint);
    // Without a status it is no service over HTTP: what takes the message answers by itself.
    if (target?.exchange === "duplex" && status !== undefined) await sendAnswer(this.parts, carried, answer);
    const taken = status === undefined ? { takenBy: endpoint } : { takenBy: endpoint, status };
    const tries = state.tries + 1;
    await this.#rows.deliver(carried, state, { ...taken, tries, attempts });
    await faults.reach("branch-outcome-written");
    log.delivered(carried, endpoint, tries, attempts);
  }

  /** Says that the branch has failed, and then keeps the message where people look, unless another copy goes on or it was delivered. */
  async giveUp(carried: CarriedBranch, state: StoredBranch, failure: Failure): Promise<void> {
    const { faults, log } = this.parts;
    const failed = await this.#rows.giveUp(carried, state, progressOf(failure));
    if (!failed) return log.unused(carried, "another copy is live, or it was delivered");
    await faults.reach("branch-outcome-written");
    await this.#tellFailure(carried, failure.reason, failed);
    log.failed(carried, failure.reason, failure.tries, failure.attempts);
  }

  /** Writes down what a try came to; who is live stays as it is. */
  async note(carried: CarriedBranch, state: StoredBranch, failure: Failure): Promise<void> {
    await this.#rows.note(carried, state, progressOf(failure));
  }

  /** Again when the message comes again: the ids are the same. */
  async #tellFailure(carried: CarriedBranch, reason: string, { tries }: StoredBranch): Promise<void> {
    await rejectBranch(this.parts.send, carried, reason, tries);
    await sendFailure(this.parts, carried, reason);
  }
}

/** What a failed try, the last of so many, comes to. */
export function failureOf(
  { attempts, isFinal }: Extract<Outcome, { kind: "failed" }>,
  tries: number,
  maxTries: number,
): Failure {
  const reasons = attempts.map(({ endpoint, error }) => `${endpoint}: ${error ?? ""}`);
  const reason = `try ${tries} of ${maxTries}: ${reasons.join("; ") || "no time was left"}`;
  return { reason, isFinal: isFinal || tries >= maxTries, tries, attempts };
}

function progressOf({ tries, reason, attempts }: Failure): Progress {
  // What is known of the last try stays when a delay ends the branch.
  return { tries, lastError: reason, ...(attempts.length > 0 ? { attempts } : {}) };
}
