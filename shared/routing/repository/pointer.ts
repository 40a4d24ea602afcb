import { z } from "zod";
import type { Row, StoredRow } from "../../table/table-store.ts";
import { partitions } from "./keys.ts";

export const pointerKey = "pointer";

/** Which versions of a table count: the row that every change of the table goes through, by compare-and-swap. */
export interface Pointer {
  /** The version that is live, 0 while none is. */
  active: number;
  /** The version that was stored last, 0 while none is. */
  latest: number;
  /** The hash of its content. */
  latestHash: string;
  updatedAt: string;
  activatedAt: string;
  activatedBy: string;
  etag: string;
}

const storedSchema = z.object({
  active: z.number(),
  latest: z.number(),
  latestHash: z.string(),
  updatedAt: z.string(),
  activatedAt: z.string(),
  activatedBy: z.string(),
  etag: z.string(),
});

export const readPointerRow = (row: StoredRow): Pointer => storedSchema.parse(row);

export function toPointerRow(name: string, pointer: Omit<Pointer, "etag">): Row {
  const { active, latest, latestHash, updatedAt, activatedAt, activatedBy } = pointer;
  const keys = { partitionKey: partitions.ofTable(name), rowKey: pointerKey };
  return { ...keys, active, latest, latestHash, updatedAt, activatedAt, activatedBy };
}

/** The pointer of a table that has no version yet. */
export const noVersions: Pointer = {
  active: 0,
  latest: 0,
  latestHash: "",
  updatedAt: "",
  activatedAt: "",
  activatedBy: "",
  etag: "",
};

const shownHashDigits = 12;

/** The ETag of a version over HTTP. */
export const etagOf = (version: number, hash: string): string =>
  `"${version}-${hash.slice(0, shownHashDigits)}"`;
