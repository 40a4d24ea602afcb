import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Claims } from "../../../shared/operation/claims.ts";
import { OperationRepository } from "../../../shared/operation/repository.ts";
import { Sweep } from "../../../shared/operation/sweep.ts";
import { TargetSide, type TargetSideParts } from "../../../shared/operation/target-side.ts";
import type { Table } from "../../../shared/table/table-store.ts";

type SweepParts = ConstructorParameters<typeof Sweep>[0];

/** How the parts of a process are made. A test puts a broken one in the place of a real one, to see that it is noticed. */
export interface Variants {
  claims(table: Table, operations: OperationRepository): Claims;
  /** What drivers read and write operations through. */
  driverRepository(table: Table): OperationRepository;
  targetSide(parts: TargetSideParts): TargetSide;
  sweep(parts: SweepParts, tickMs: number): Sweep;
}

/** The parts as the product has them. */
export const realParts: Variants = {
  claims: (table, operations) => new Claims(table, operations, noFaultPoints),
  driverRepository: (table) => new OperationRepository(table),
  targetSide: (parts) => new TargetSide(parts),
  sweep: (parts, tickMs) => new Sweep(parts, tickMs),
};
