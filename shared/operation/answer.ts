import { z } from "zod";
import type { Row, StoredRow } from "../table/table-store.ts";

const answerSchema = z.object({
  /** The incarnation that acknowledged; absent when a driver wrote the row. */
  incarnation: z.string().optional(),
  state: z.enum(["acknowledged", "cancelled", "timed-out"]),
  /** Set by a target that acknowledged and then could not go: the reason. */
  failure: z.string().optional(),
});

/** A failure's reason ends up in the operation's header, which holds one for each target. */
export const maxReasonLength = 200;

/**
 * The row `t:<instance>` of an operation: inserted once, by the target (`acknowledged`) or by a driver (`cancelled`,
 * `timed-out`). Whoever inserts it has decided whether the target recycles; who comes second stands back.
 */
export type Answer = z.infer<typeof answerSchema>;

const prefix = "t:";

export const answerRowKey = (instance: string): string => `${prefix}${instance}`;

export function answerToRow(operation: string, instance: string, answer: Answer): Row {
  return { partitionKey: operation, rowKey: answerRowKey(instance), ...answer };
}

/** The instance and answer of a row of an operation's partition; undefined for the header. */
export function answerFromRow(row: StoredRow): [instance: string, answer: Answer] | undefined {
  if (!row.rowKey?.startsWith(prefix)) return undefined;
  return [row.rowKey.slice(prefix.length), answerSchema.parse(row)];
}
