import { randomUUID } from "node:crypto";
import { Problem } from "../kernel/problem.ts";
import { hasEnded, type Header } from "./header.ts";
import type { OperationLog } from "./log.ts";
import type { SendTick } from "./ports.ts";
import type { OperationRepository } from "./repository.ts";

export interface CancelParts {
  operations: OperationRepository;
  sendTick: SendTick;
  log: OperationLog;
}

/**
 * Asks an operation to stop: nothing more is released, and released targets that have not acknowledged are cancelled. Instances
 * that have acknowledged finish. Cancelling twice is the same as once.
 *
 * Only the state is swapped, not the step: the driver that is at work loses its swap, reads again and sees it.
 * Throws Problem `unknown-operation`, or `operation-ended` when there is nothing left to stop.
 */
export async function cancelOperation(
  { operations, sendTick, log }: CancelParts,
  id: string,
): Promise<Header> {
  for (;;) {
    const stored = await operations.header(id);
    if (!stored) throw new Problem("unknown-operation", `There is no operation ${id}`);
    const { header, etag } = stored;
    if (header.state === "cancelling" || header.state === "cancelled") return header;
    if (hasEnded(header)) throw new Problem("operation-ended", `The operation has ended: ${header.state}`);
    const cancelling: Header = { ...header, state: "cancelling" };
    if (!(await operations.swap(cancelling, etag))) continue;
    log.cancelling(id);
    // Only to be quick: the tick that is under way anyway would find it too.
    await sendTick({ type: "tick", operation: id, step: header.step, id: randomUUID(), afterMs: 0 }, 0);
    return cancelling;
  }
}
