import { createHash } from "node:crypto";
import { canonicalJson } from "../kernel/canonical-json.ts";
import type { RoutingTable } from "./table.ts";

/** A table as the text that is stored: keys in order, defaults filled in. Entries keep their order, which is told in answers. */
export function canonicalTable(table: RoutingTable): string {
  return canonicalJson(table);
}

/** What a table is recognised by: tables that say the same have the same hash, however they were written. */
export function contentHash(table: RoutingTable): string {
  return createHash("sha256").update(canonicalTable(table)).digest("hex");
}
