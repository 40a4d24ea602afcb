import { z } from "zod";
import type { Row, StoredRow } from "../../table/table-store.ts";
import { packContent, unpackContent, type ContentRef } from "./content.ts";
import { partitions, versionKey } from "./keys.ts";

/** One version of a table: what it is, and who stored it when. Never changed. */
export interface Manifest extends ContentRef {
  version: number;
  at: string;
  by: string;
  comment: string;
  /** What it was sent as: a table, or a configuration of the original engine that was converted. */
  source: "json" | "xml";
  /** The write that made it: who has no answer to a write knows its own by this. */
  writeId: string;
}

const storedSchema = z.object({
  version: z.number(),
  at: z.string(),
  by: z.string(),
  comment: z.string(),
  source: z.enum(["json", "xml"]),
  writeId: z.string(),
});

export const readManifestRow = (row: StoredRow): Manifest => ({
  ...storedSchema.parse(row),
  ...unpackContent(row),
});

export const toManifestRow = (name: string, manifest: Manifest): Row => {
  const { version, at, by, comment, source, writeId } = manifest;
  return {
    partitionKey: partitions.ofTable(name),
    rowKey: versionKey(version),
    version,
    at,
    by,
    comment,
    source,
    writeId,
    ...packContent(manifest),
  };
};
