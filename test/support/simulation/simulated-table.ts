import type { Row, Table } from "../../../shared/table/table-store.ts";
import type { InMemoryTable } from "../in-memory-table.ts";
import type { Actor, StepKind, World } from "./world.ts";

/** Called after each write that may have changed the row. */
export type AfterWrite = (partitionKey: string, rowKey: string) => void;

/** A table as one process reaches it: every call is a step of the world. */
export function tableFor(world: World, actor: Actor, table: InMemoryTable, afterWrite: AfterWrite): Table {
  const ask = <T>(kind: StepKind, verb: string, keys: string, act: () => Promise<T>) =>
    world.ask(actor, kind, `${actor.name}: ${verb} ${keys}`, act);
  const write = <T>(verb: string, row: { partitionKey: string; rowKey: string }, act: () => Promise<T>) =>
    ask("write", verb, `${row.partitionKey}/${row.rowKey}`, () => {
      const written = act();
      afterWrite(row.partitionKey, row.rowKey);
      return written;
    });
  return {
    read: (partitionKey, rowKey) =>
      ask("read", "read", `${partitionKey}/${rowKey}`, () => table.read(partitionKey, rowKey)),
    insert: (row: Row) => write("insert", row, () => table.insert(row)),
    replace: (row: Row, etag) => write("replace", row, () => table.replace(row, etag)),
    remove: (row, etag) => write("remove", row, () => table.remove(row, etag)),
    partition: (partitionKey) => ask("read", "query", partitionKey, () => table.partition(partitionKey)),
    everything: () => ask("read", "query", "everything", () => table.everything()),
    pageOfPartition: (partitionKey, size, token) =>
      ask("read", "query", partitionKey, () => table.pageOfPartition(partitionKey, size, token)),
  };
}
