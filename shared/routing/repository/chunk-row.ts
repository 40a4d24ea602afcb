import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { Problem } from "../../kernel/problem.ts";
import type { Row, StoredRow } from "../../table/table-store.ts";
import { chunkKey } from "./keys.ts";
import { repositoryLimits as limits } from "./limits.ts";

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** Enough for no two chunks to share it; the whole content has a full hash of its own. */
const hashDigits = 32;

export const hashOfChunk = (chunk: Uint8Array): string =>
  createHash("sha256").update(chunk).digest("hex").slice(0, hashDigits);

const propertyOf = (index: number): string => (index === 0 ? "data" : `data${index}`);

/** A chunk as a row: compressed, over as many binary properties as it needs. */
export async function toChunkRow(partitionKey: string, hash: string, chunk: Uint8Array): Promise<Row> {
  const data = await compress(chunk);
  const row: Row = { partitionKey, rowKey: chunkKey(hash) };
  for (let index = 0; index * limits.maxPropertyBytes < data.length; index += 1) {
    const from = index * limits.maxPropertyBytes;
    row[propertyOf(index)] = data.subarray(from, from + limits.maxPropertyBytes);
  }
  return row;
}

/** The chunk that a row holds. Throws Problem `table-unreadable` when it is gone or not what its key says. */
export async function readChunkRow(hash: string, row: StoredRow | undefined): Promise<Buffer> {
  if (!row) throw new Problem("table-unreadable", `The chunk ${hash} of the stored table is gone`);
  const parts: Uint8Array[] = [];
  for (let index = 0; ; index += 1) {
    const part = row[propertyOf(index)];
    if (!(part instanceof Uint8Array)) break;
    parts.push(part);
  }
  let chunk: Buffer;
  try {
    chunk = await expand(Buffer.concat(parts), { maxOutputLength: limits.maxChunkBytes });
  } catch (cause) {
    throw damaged(hash, cause);
  }
  if (hashOfChunk(chunk) !== hash) throw damaged(hash);
  return chunk;
}

const damaged = (hash: string, cause?: unknown): Problem =>
  new Problem("table-unreadable", `The chunk ${hash} of the stored table is damaged`, { cause });
