import { BrokerError } from "../broker-error.ts";
import { entitySizes, megabyte, partitions } from "../config/entity-defaults.ts";

/**
 * The size of an entity in bytes. Clients give the size of one partition and read back that of all of them, and may give
 * that back in turn.
 */
export function sizeInBytes(megabytes: number, isPartitioned: boolean): number {
  if (entitySizes.includes(megabytes)) return megabytes * megabyte * (isPartitioned ? partitions : 1);
  if (isPartitioned && entitySizes.includes(megabytes / partitions)) return megabytes * megabyte;
  const problem = `MaxSizeInMegabytes: ${megabytes} is not allowed; it must be one of ${entitySizes.join(", ")}.`;
  throw new BrokerError("com.microsoft:argument-error", problem);
}
