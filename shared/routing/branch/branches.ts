import { randomBytes } from "node:crypto";
import type { Incoming } from "../../bus/incoming.ts";
import { entities } from "../../bus/topology.ts";
import { carryBranch, readCarriedBranch, type CarriedBranch } from "../carrier.ts";
import type { Copy } from "../routed-message.ts";
import type { StoredBranch } from "./branch-row.ts";
import { delaysOf } from "./branch-rows.ts";
import { deliverInOrder } from "./in-order.ts";
import { branchLimits as limits } from "./limits.ts";
import { delayMs, pauseMs } from "./pauses.ts";
import { BranchSteps, failureOf, type BranchesParts, type Failure } from "./steps.ts";

export interface BranchesOptions {
  /** Tries of a branch, each at all its targets, before it has failed. */
  maxTries: number;
  /** The pause after the first failed try; it doubles. */
  retryMs: number;
}

/**
 * Delivers the messages of the outbox, each a copy of a branch. In these words:
 *
 * A copy that comes claims its branch: it is the live one from then on, or it is completed unused. The live copy calls the endpoints. When one
 * takes the message, the row says `delivered`, which ends the branch whichever copy is live. When none does, the next copy is sent, scheduled,
 * with a higher number, and this one is completed; the next one becomes the live one when it comes and claims. After the last try the row says
 * `failed`, and the message goes to `rejected`.
 *
 * The copy is sent before anything in the row speaks of it: a row that named a copy that was never sent would make every redelivery of this one
 * unused, and the branch would be lost. Sent twice, by a redelivery, copies of one number differ in their nonce, and one of them claims.
 */
export class Branches {
  readonly #steps: BranchSteps;
  readonly #options: BranchesOptions;

  constructor(parts: BranchesParts, options: BranchesOptions) {
    this.#steps = new BranchSteps(parts);
    this.#options = options;
  }

  /**
   * Handles a message of `router-outbox`; when it returns, the message can be completed. Throws Problem when it is none of the router's, and
   * whatever a table or Service Bus throws that does not answer. Costs two table writes and a call, for a branch that is taken at once.
   */
  async deliver(incoming: Incoming): Promise<void> {
    const { faults } = this.#steps.parts;
    const carried = readCarriedBranch(incoming);
    await faults.reach("branch-received");
    const state = await this.#steps.begin(carried);
    if (state) await this.#try(carried, state);
    await faults.reach("branch-completed");
  }

  /** Handles a message of `router-outbox-ordered`. Throws NotYetDelivered, too: then the trigger must leave it to the broker. */
  async deliverOrdered(incoming: Incoming): Promise<void> {
    const { faults } = this.#steps.parts;
    const carried = readCarriedBranch(incoming);
    await faults.reach("branch-received");
    const { deliveryCount } = incoming;
    await deliverInOrder({ steps: this.#steps, carried, ...this.#options, deliveryCount });
    await faults.reach("branch-completed");
  }

  async #try(carried: CarriedBranch, state: StoredBranch): Promise<void> {
    const { maxTries, retryMs } = this.#options;
    const outcome = await this.#steps.call(carried, limits.maxTryMs);
    if (outcome.kind === "taken") return await this.#steps.end(carried, state, outcome);
    const delays = delaysOf(carried.copy);
    const failure =
      outcome.kind === "failed"
        ? failureOf(outcome, carried.copy.tries + 1, maxTries)
        : openCircuits(carried.copy, delays + 1);
    if (failure.isFinal) return await this.#steps.giveUp(carried, state, failure);
    const waitMs =
      outcome.kind === "failed" ? pauseMs(retryMs, failure.tries) : delayMs(retryMs, outcome.afterMs, delays);
    await this.#sendNext(carried, failure, waitMs);
    await this.#noteFor(carried, state, failure);
  }

  async #sendNext(carried: CarriedBranch, { tries, reason }: Failure, waitMs: number): Promise<void> {
    const { send, faults, log } = this.#steps.parts;
    const { message, branch } = carried;
    const copy = { number: carried.copy.number + 1, nonce: randomBytes(6).toString("hex"), tries };
    const properties = carryBranch({ ...carried, copy });
    const messageId = `${branch.id}:${copy.number}:${copy.nonce}`;
    await send(entities.routerOutbox, message.body, { ...properties, messageId }, waitMs);
    log.postponed(carried, reason, tries, waitMs);
    await faults.reach("branch-copy-sent");
  }

  /** For people who look at the message between two tries. */
  async #noteFor(carried: CarriedBranch, state: StoredBranch, failure: Failure): Promise<void> {
    try {
      await this.#steps.note(carried, state, failure);
    } catch {
      // The next copy is on its way: thrown, this would send another. The claim of that one writes the row.
    }
  }
}

/** A delay is no try. */
function openCircuits({ tries }: Copy, delays: number): Failure {
  const reason = `every circuit is open, for the ${delays}. time`;
  return { reason, isFinal: delays >= limits.maxDelays, tries, attempts: [] };
}
