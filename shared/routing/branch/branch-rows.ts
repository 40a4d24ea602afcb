import type { FaultPoints } from "../../kernel/fault-points.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Table } from "../../table/table-store.ts";
import type { CarriedBranch } from "../carrier.ts";
import {
  branchRowKey,
  readBranchRow,
  toBranchRow,
  type BranchState,
  type StoredBranch,
} from "./branch-row.ts";

/**
 * What a copy is to its branch when it comes.
 * - `live`: it is the one that goes on.
 * - `given-up`: it was the live one, and failed; what follows from that may not have been done.
 * - `unused`: the branch is delivered, or another copy is live.
 */
export type Claim =
  | { kind: "live"; state: StoredBranch }
  | { kind: "given-up"; state: StoredBranch }
  | { kind: "unused"; state: StoredBranch };

/** What is added to a branch's state; its copy, and so who is live, only a claim changes. */
export type Progress = Partial<
  Pick<BranchState, "tries" | "delays" | "takenBy" | "status" | "lastError" | "attempts">
>;

/** The rows of branches, each written by whoever holds a copy of the branch. */
export class BranchRows {
  readonly #table: Pick<Table, "read" | "insert" | "replace">;
  readonly #clock: Clock;
  readonly #faults: FaultPoints;

  constructor(table: Pick<Table, "read" | "insert" | "replace">, clock: Clock, faults: FaultPoints) {
    this.#table = table;
    this.#clock = clock;
    this.#faults = faults;
  }

  /** Makes the copy the live one, if none that is as high has been before it. One write for a first copy; a read and a write for others. */
  async claim(carried: CarriedBranch): Promise<Claim> {
    const { copy } = carried;
    // Nobody can have been before a first copy but itself: so its row is not read first.
    let isFresh = copy.number === 1;
    for (;;) {
      const stored = isFresh ? undefined : await this.#read(carried);
      isFresh = false;
      if (stored) {
        const isOwn = stored.copyNumber === copy.number && stored.copyNonce === copy.nonce;
        if (stored.state === "delivered") return { kind: "unused", state: stored };
        if (isOwn && stored.failedCopy === copy.number) return { kind: "given-up", state: stored };
        if (isOwn) return { kind: "live", state: stored };
        if (copy.number <= stored.copyNumber) return { kind: "unused", state: stored };
      }
      await this.#faults.reach("branch-checked");
      const claimed = await this.#write(carried, this.#claimedState(carried, stored), stored?.etag);
      if (claimed) return { kind: "live", state: claimed };
    }
  }

  /** Says that an endpoint has taken the message, whichever copy is live by now: delivered is final. */
  async deliver(carried: CarriedBranch, known: StoredBranch, progress: Progress): Promise<void> {
    let stored: StoredBranch | undefined = known;
    while (stored?.state !== "delivered") {
      const base = stored ?? this.#claimedState(carried, undefined);
      const written = await this.#write(
        carried,
        { ...withoutError(base), ...progress, state: "delivered" },
        stored?.etag,
      );
      if (written) return;
      stored = await this.#read(carried);
    }
  }

  /** Says that the live copy has given up. Undefined when it is the live one no more, or the branch is delivered. */
  async giveUp(
    carried: CarriedBranch,
    known: StoredBranch,
    progress: Progress,
  ): Promise<StoredBranch | undefined> {
    const failed = { ...progress, state: "failed", failedCopy: carried.copy.number } as const;
    return await this.#whileLive(carried, known, failed);
  }

  /** Writes what the last try came to. Undefined when the copy is the live one no more. */
  async note(
    carried: CarriedBranch,
    known: StoredBranch,
    progress: Progress,
  ): Promise<StoredBranch | undefined> {
    return await this.#whileLive(carried, known, progress);
  }

  async #whileLive(
    carried: CarriedBranch,
    known: StoredBranch,
    changes: Partial<BranchState>,
  ): Promise<StoredBranch | undefined> {
    const { number, nonce } = carried.copy;
    let stored: StoredBranch | undefined = known;
    while (
      stored &&
      stored.state !== "delivered" &&
      stored.copyNumber === number &&
      stored.copyNonce === nonce
    ) {
      const written = await this.#write(carried, { ...stored, ...changes }, stored.etag);
      if (written) return written;
      stored = await this.#read(carried);
      // The answer to an own write may have been lost: then it stands there.
      if (stored?.failedCopy === number && changes.failedCopy === number) return stored;
    }
    return undefined;
  }

  #claimedState({ branch, version, copy }: CarriedBranch, stored: BranchState | undefined): BranchState {
    const { attempts = [], lastError, state = "open" } = stored ?? {};
    return {
      id: branch.id,
      endpoint: branch.endpoint,
      version,
      state,
      copyNumber: copy.number,
      copyNonce: copy.nonce,
      tries: copy.tries,
      delays: delaysOf(copy),
      ...(lastError === undefined ? {} : { lastError }),
      attempts,
      updatedAt: "",
    };
  }

  async #read({ message, branch }: CarriedBranch): Promise<StoredBranch | undefined> {
    const row = await this.#table.read(message.pass.logicalId, branchRowKey(branch.index));
    return row && readBranchRow(row);
  }

  async #write(
    { message, branch }: CarriedBranch,
    state: BranchState,
    etag: string | undefined,
  ): Promise<StoredBranch | undefined> {
    const next = withoutEtag({ ...state, updatedAt: this.#clock.now().toISOString() });
    const row = toBranchRow(message.pass.logicalId, branch.index, next);
    const written = await (etag === undefined ? this.#table.insert(row) : this.#table.replace(row, etag));
    return written === undefined ? undefined : { ...next, etag: written };
  }
}

/** Each copy after the first is a try or a delay. */
export function delaysOf({ number, tries }: CarriedBranch["copy"]): number {
  return Math.max(0, number - 1 - tries);
}

/** What the last of several targets failed with stays in `attempts`. */
function withoutError({ lastError: _old, ...state }: BranchState): BranchState {
  return state;
}

function withoutEtag(state: BranchState & { etag?: string }): BranchState {
  const { etag: _old, ...rest } = state;
  return rest;
}
