import { z } from "zod";

/** What an instance says of a table that it serves, or should. */
const tableStatusSchema = z.object({
  name: z.string(),
  /** What serves, null while nothing does. */
  version: z.string().nullable(),
  source: z.enum(["repository", "set", "file"]).nullable(),
  /** When it began to serve, by this instance's clock. */
  since: z.string().nullable(),
  /** The last command that was carried out, or could not be. */
  revision: z.number(),
  /** The table's inbound endpoints, and how many messages this version routed that came in there. */
  inbound: z.record(z.string(), z.number()),
  /** How many messages each version routed, the newest first. */
  routed: z.record(z.string(), z.number()),
  lastError: z.object({ at: z.string(), revision: z.number(), reason: z.string() }).optional(),
});

export type TableStatus = z.output<typeof tableStatusSchema>;

/** A property of a row takes 32 K characters, and every instance reads the rows of all with every heartbeat. */
const maxTextLength = 16_000;
const maxReasonLength = 500;

/** The status as text for the instance's row; when it is too long, details of the last tables are left out. */
export function encodeStatus(tables: readonly TableStatus[]): string {
  const told = tables.map(({ lastError, ...table }) => ({
    ...table,
    ...(lastError ? { lastError: { ...lastError, reason: lastError.reason.slice(0, maxReasonLength) } } : {}),
  }));
  for (let at = told.length - 1; at >= 0 && JSON.stringify(told).length > maxTextLength; at -= 1) {
    const table = told[at];
    if (table) told[at] = { ...table, inbound: {}, routed: {} };
  }
  while (JSON.stringify(told).length > maxTextLength) told.pop();
  return JSON.stringify(told);
}

const statusesSchema = z.array(tableStatusSchema);

/** What an instance's row says; nothing if it says nothing, or something else. */
export function decodeStatus(text: string): TableStatus[] {
  if (text === "") return [];
  try {
    return statusesSchema.parse(JSON.parse(text));
  } catch {
    // Written by another release: it is told as not loaded, and its next heartbeat may say more.
    return [];
  }
}
