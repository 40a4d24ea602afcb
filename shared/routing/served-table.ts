import type { CompiledTable } from "./compile-table.ts";

/** A table as it serves on this instance. It never changes: what replaces it is another object, and a message in hand keeps its own. */
export interface ServedTable {
  name: string;
  /** What messages are stamped with: `default@7` from the repository, `default@set-1f2e3d4c` or `default@file-1f2e3d4c` by content otherwise. */
  version: string;
  compiled: CompiledTable;
}

/** The tables that this instance serves, as the way of a message sees them. */
export interface ServedTables {
  /**
   * The table that serves under this name now; without a name, the instance's own. Throws Problem: `unknown-table` when the repository
   * has none of this name, `not-loaded` while the instance has not got it yet.
   */
  serving(name?: string): Promise<ServedTable>;
  /** Counts a message for the version that routed it; status tells how many. */
  countRouted(table: ServedTable, inbound: string): void;
}
