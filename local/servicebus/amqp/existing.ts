import type { Address } from "../address.ts";
import type { Namespace } from "../store/namespace.ts";

/** Throws amqp:not-found when no entity has the address. */
export function assertExists(address: Address, namespace: Namespace): void {
  const isTopic = address.subscription === undefined && namespace.topic(address.entity) !== undefined;
  if (isTopic) namespace.destination(address);
  else namespace.source(address);
}
