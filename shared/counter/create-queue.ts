import type { CreateQueueOptions } from "@azure/service-bus";
import { administerBus } from "../bus/administer.ts";
import { entities, topology } from "../bus/topology.ts";
import type { Connection } from "../kernel/config.ts";
import { reasonOf } from "../kernel/log.ts";
import { Problem } from "../kernel/problem.ts";

/**
 * Makes the counters' queue as infra/topology.json describes it, for a program that has nothing but a connection string. Throws Problem
 * `missing-entity` when this connection may not.
 */
export async function createCounterQueue(administration: Connection, queue: string): Promise<void> {
  const described = topology.queues[entities.counters];
  const options: CreateQueueOptions = {
    requiresSession: true,
    ...(described && {
      lockDuration: described.lockDuration,
      maxDeliveryCount: described.maxDeliveryCount,
      defaultMessageTimeToLive: described.defaultMessageTimeToLive,
      deadLetteringOnMessageExpiration: described.deadLetteringOnMessageExpiration,
    }),
  };
  try {
    await administerBus(administration).createQueue(queue, options);
  } catch (error) {
    if (isPresent(error)) return;
    throw new Problem(
      "missing-entity",
      `There is no queue "${queue}", and this connection cannot make it: ${reasonOf(error)}. Make a queue of this name that requires sessions, or connect with the right to manage`,
      { cause: error },
    );
  }
}

function isPresent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "MessageEntityAlreadyExistsError";
}
