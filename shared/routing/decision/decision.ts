import { z } from "zod";
import { Problem } from "../../kernel/problem.ts";
import { packText, unpackText } from "../../table/long-text.ts";
import type { Row, StoredRow } from "../../table/table-store.ts";
import { branchSchema } from "../routed-message.ts";

export const decisionRowKey = "decision";

const traceSchema = z.object({
  endpoint: z.string(),
  /** The entries that led to the endpoint, by their place in the table, and how many there were. */
  entries: z.array(z.object({ entry: z.int(), filter: z.string() })),
  count: z.int(),
});

const decisionSchema = z.object({
  /** The message's logical id. */
  id: z.string(),
  replay: z.int(),
  table: z.string(),
  version: z.string(),
  inbound: z.string(),
  exchange: z.enum(["one-way", "request-reply", "duplex"]),
  outcome: z.enum(["matched", "no-match"]),
  /** The level that matched. */
  priority: z.int().optional(),
  /** Empty when nothing matched. */
  branches: z.array(branchSchema),
  trace: z.array(traceSchema),
  decidedAt: z.string(),
});

/** Where a message goes. Kept before anything is sent; who routes the message again does what it says. */
export type Decision = z.output<typeof decisionSchema>;
/** A decision that is not dated yet. */
export type Undated = Omit<Decision, "decidedAt">;
export type Trace = z.output<typeof traceSchema>;

/** The decision's row. What people query for stands beside the document. Throws Problem when it is larger than a row. */
export function decisionToRow(decision: Decision): Row {
  const { id, replay, table, version, inbound, outcome, decidedAt, ...document } = decision;
  return {
    partitionKey: id,
    rowKey: decisionRowKey,
    replay,
    table,
    version,
    inbound,
    outcome,
    decidedAt,
    ...pack(JSON.stringify(document)),
  };
}

/** Reads a decision's row. Throws when it is not one of ours. */
export function decisionFromRow(row: StoredRow): Decision {
  const document: unknown = JSON.parse(unpackText("document", row));
  return decisionSchema.parse({
    ...row,
    ...z.record(z.string(), z.unknown()).parse(document),
    id: row.partitionKey,
  });
}

function pack(document: string): Record<string, string> {
  try {
    return packText("document", document);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Problem(
      "too-many-branches",
      "The message goes to so many endpoints, with so many backups, that the decision cannot be kept: its addresses are too long together",
      { cause: error },
    );
  }
}
