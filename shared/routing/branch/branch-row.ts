import { z } from "zod";
import { packText, unpackText } from "../../table/long-text.ts";
import type { Row, StoredRow } from "../../table/table-store.ts";
import type { Attempt } from "../endpoint/ports.ts";

/** Only upward: open, then failed, then delivered. A failed branch may be delivered still, by a copy that somebody sends again. */
export const branchStates = ["open", "failed", "delivered"] as const;

const attemptsSchema = z.array(
  z.object({
    endpoint: z.string(),
    status: z.int().optional(),
    error: z.string().optional(),
    isTimeout: z.boolean().optional(),
    tookMs: z.number(),
  }),
);

/** What became of a branch, and which of its copies is live. */
const branchStateSchema = z.object({
  id: z.string(),
  /** The endpoint or choice that its entry names. */
  endpoint: z.string(),
  version: z.string(),
  state: z.enum(branchStates),
  /** The live copy: every other one is completed unused, but one with a higher number, which takes over. */
  copyNumber: z.int(),
  copyNonce: z.string(),
  /** Tries so far, without the one that is under way; and delays because every circuit was open. */
  tries: z.int(),
  delays: z.int(),
  /** The copy that gave up. */
  failedCopy: z.int().optional(),
  /** The endpoint that took the message: the chosen one, or one of its backups. */
  takenBy: z.string().optional(),
  status: z.int().optional(),
  lastError: z.string().optional(),
  updatedAt: z.string(),
});

export type BranchState = z.output<typeof branchStateSchema> & {
  /** What came of the last try at each target. */
  attempts: Attempt[];
};

/** The state as it was read, with the ETag that its next write is conditional on. */
export interface StoredBranch extends BranchState {
  etag: string;
}

/** Reasons come from services, and may be long. */
const maxErrorLength = 500;

export const branchRowKey = (index: number): string => `b${index}`;

export function toBranchRow(partitionKey: string, index: number, state: BranchState): Row {
  const { attempts, ...rest } = state;
  const short = attempts.map((one) => ({ ...one, ...(one.error ? { error: shorten(one.error) } : {}) }));
  return {
    partitionKey,
    rowKey: branchRowKey(index),
    ...rest,
    ...(rest.lastError === undefined ? {} : { lastError: shorten(rest.lastError) }),
    ...packText("attempts", JSON.stringify(short)),
  };
}

export function readBranchRow(row: StoredRow): StoredBranch {
  const attempts: unknown = JSON.parse(unpackText("attempts", row) || "[]");
  return {
    ...branchStateSchema.parse(row),
    attempts: attemptsSchema.parse(attempts).map(({ status, error, isTimeout, ...one }) => ({
      ...one,
      ...(status === undefined ? {} : { status }),
      ...(error === undefined ? {} : { error }),
      ...(isTimeout === undefined ? {} : { isTimeout }),
    })),
    etag: row.etag,
  };
}

const shorten = (text: string): string =>
  text.length > maxErrorLength ? `${text.slice(0, maxErrorLength)}…` : text;
