import { entities } from "../../bus/topology.ts";
import { carryBranch, type CarriedBranch } from "../carrier.ts";
import { branchLimits as limits } from "./limits.ts";
import type { SendRaw } from "./ports.ts";

/**
 * Keeps the message of a branch that has failed on `rejected`: its body, and in the router's own properties its headers and the targets that
 * were tried. With those it can be put on the outbox again, as a copy with a higher number.
 */
export async function rejectBranch(
  send: SendRaw,
  carried: CarriedBranch,
  reason: string,
  tries: number,
): Promise<void> {
  const { message, branch } = carried;
  const { applicationProperties, ...properties } = carryBranch(carried);
  await send(entities.rejected, message.body, {
    ...properties,
    messageId: `${branch.id}:failed`,
    subject: "rejected",
    correlationId: message.pass.logicalId,
    applicationProperties: {
      ...applicationProperties,
      source: message.pass.orderingKey === undefined ? entities.routerOutbox : entities.routerOutboxOrdered,
      reason: "endpoint-failed",
      detail: reason.slice(0, limits.maxToldLength),
      endpoint: branch.endpoint,
      tries,
    },
  });
}
