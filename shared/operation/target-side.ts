import { randomUUID } from "node:crypto";
import { maxReasonLength } from "./answer.ts";
import type { Target } from "./header.ts";
import type { OpenList } from "./open-list.ts";
import type { SendTick } from "./ports.ts";
import type { OperationRepository } from "./repository.ts";

/** This process, as operations name it. */
export interface Self {
  instance: string;
  incarnation: string;
}

export interface TargetSideParts {
  operations: OperationRepository;
  openList: OpenList;
  sendTick: SendTick;
  self: Self;
}

/** What a target does with an operation: look whether it is meant, acknowledge, say that it failed, say that it is back. */
export class TargetSide {
  readonly #parts: TargetSideParts;

  constructor(parts: TargetSideParts) {
    this.#parts = parts;
  }

  /**
   * Whether this very process may recycle for the operation: its header, read now, is running and lists this incarnation as
   * released and not done. Having been told is not enough: the message may be old. One table call.
   */
  async isReleased(operation: string): Promise<boolean> {
    const { operations, self } = this.#parts;
    const stored = await operations.header(operation);
    if (stored?.header.state !== "running") return false;
    return stored.header.targets.some(
      (target) => names(target, self) && target.releasedAtMs !== undefined && !target.outcome,
    );
  }

  /** Answers `acknowledged`, unless a driver has answered in this target's place; returns whether this process is to go. */
  async acknowledge(operation: string): Promise<boolean> {
    const { operations, self } = this.#parts;
    const { instance, incarnation } = self;
    if (await operations.answer(operation, instance, { state: "acknowledged", incarnation })) return true;
    // A redelivery, or an answer of the table that was lost: it may be our own.
    const answer = await operations.answerOf(operation, instance);
    return answer?.state === "acknowledged" && answer.incarnation === incarnation;
  }

  /** Tells the operation that this process acknowledged but does not go. */
  async fail(operation: string, reason: string): Promise<void> {
    const { operations, self } = this.#parts;
    const short = reason.slice(0, maxReasonLength);
    await operations.failAnswer(operation, self.instance, self.incarnation, short);
    await this.#hurry(operation);
  }

  /** After a boot: sends the current tick of every operation that waits for this instance. Only to be quick; ticks come anyway. */
  async tellBack(): Promise<void> {
    const { openList, operations, self } = this.#parts;
    for (const operation of await openList.list()) {
      const stored = await operations.header(operation);
      const waitsForUs = stored?.header.targets.some(
        ({ instance, outcome }) => instance === self.instance && !outcome,
      );
      if (waitsForUs) await this.#hurry(operation);
    }
  }

  async #hurry(operation: string): Promise<void> {
    const { operations, sendTick } = this.#parts;
    const stored = await operations.header(operation);
    if (stored)
      await sendTick({ type: "tick", operation, step: stored.header.step, id: randomUUID(), afterMs: 0 }, 0);
  }
}

function names(target: Target, self: Self): boolean {
  return target.instance === self.instance && target.incarnation === self.incarnation;
}
