import type { PartitionedTable } from "../../shared/table/table-store.ts";

/** Runs a call, or never comes back from it. */
export type Guard = <T>(kind: string, call: () => Promise<T>) => Promise<T>;

/** A table whose every call passes a guard, under the name of the operation. A transaction that meets another's is told. */
export function guardedTable(
  table: PartitionedTable,
  guard: Guard,
  onConflict: () => void = () => undefined,
): PartitionedTable {
  return {
    read: (...keys) => guard("read", () => table.read(...keys)),
    insert: (row) => guard("insert", () => table.insert(row)),
    replace: (...write) => guard("replace", () => table.replace(...write)),
    remove: (...row) => guard("remove", () => table.remove(...row)),
    partition: (key) => guard("partition", () => table.partition(key)),
    everything: () => guard("everything", () => table.everything()),
    pageOfPartition: (...page) => guard("page", () => table.pageOfPartition(...page)),
    transact: async (steps) => {
      const result = await guard("transact", () => table.transact(steps));
      if (!result.done) onConflict();
      return result;
    },
    range: (...range) => guard("range", () => table.range(...range)),
  };
}
