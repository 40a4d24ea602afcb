import { z } from "zod";
import type { FaultPoints } from "../kernel/fault-points.ts";
import type { Table } from "../table/table-store.ts";
import { hasEnded } from "./header.ts";
import { openPartition } from "./open-list.ts";
import type { OperationRepository } from "./repository.ts";

const claimSchema = z.object({ operation: z.string(), etag: z.string() });

/**
 * One operation at a time works on a role: the row `open`/<role> names it. A claim is removed only by its own operation, by
 * ETag; a claim whose operation has ended may be replaced, by ETag; no other may. Since an operation's header is inserted before
 * it claims anything, a claim without a header belongs to an operation that ended and was tidied away.
 */
export class Claims {
  readonly #table: Table;
  readonly #operations: OperationRepository;
  readonly #faults: FaultPoints;

  constructor(table: Table, operations: OperationRepository, faults: FaultPoints) {
    this.#table = table;
    this.#operations = operations;
    this.#faults = faults;
  }

  /** Claims the roles in name order, so that two operations never wait for each other; returns whether all are held now. */
  async take(operation: string, roles: readonly string[]): Promise<boolean> {
    for (const role of [...roles].sort()) {
      if (!(await this.#takeOne(operation, role))) return false;
      await this.#faults.reach("claim-taken");
    }
    return true;
  }

  /** Gives back what this operation holds. */
  async release(operation: string, roles: readonly string[]): Promise<void> {
    for (const role of roles) {
      const claim = await this.#read(role);
      if (claim?.operation === operation)
        await this.#table.remove({ partitionKey: openPartition, rowKey: role }, claim.etag);
      await this.#faults.reach("claim-released");
    }
  }

  async #takeOne(operation: string, role: string): Promise<boolean> {
    const row = { partitionKey: openPartition, rowKey: role, operation };
    for (;;) {
      if (await this.#table.insert(row)) return true;
      const claim = await this.#read(role);
      if (!claim) continue;
      if (claim.operation === operation) return true;
      const holder = await this.#operations.header(claim.operation);
      if (holder && !hasEnded(holder.header)) return false;
      if (await this.#table.replace(row, claim.etag)) return true;
    }
  }

  async #read(role: string): Promise<z.infer<typeof claimSchema> | undefined> {
    const stored = await this.#table.read(openPartition, role);
    return stored && claimSchema.parse(stored);
  }
}
