import { createHash } from "node:crypto";
import { z } from "zod";
import { Problem } from "../../kernel/problem.ts";
import { packText, unpackText } from "../../table/long-text.ts";
import type { PartitionedTable, StoredRow } from "../../table/table-store.ts";
import { hashOfChunk, readChunkRow, toChunkRow } from "./chunk-row.ts";
import { cutChunks } from "./cut-chunks.ts";
import { chunkKey, partitions } from "./keys.ts";
import { repositoryLimits as limits } from "./limits.ts";

/** Where the text of a table is: chunks in the table's partition, by their hash, in order. */
export interface ContentRef {
  /** SHA-256 of the whole text. */
  hash: string;
  bytes: number;
  chunks: readonly string[];
}

const chunksSchema = z.array(z.string());
const refSchema = z.object({ hash: z.string(), bytes: z.number() });

/** The properties that a row refers to content with. */
export const packContent = ({ hash, bytes, chunks }: ContentRef) => ({
  hash,
  bytes,
  ...packText("chunks", JSON.stringify(chunks)),
});

export function unpackContent(row: StoredRow): ContentRef {
  const chunks = chunksSchema.parse(JSON.parse(unpackText("chunks", row)));
  return { ...refSchema.parse(row), chunks };
}

/**
 * Stores the text of a table. Chunks that are there already are read and, if damaged, mended, so that what is stored is readable whatever
 * it shares with older versions. A table call for each chunk, two for one that was there unexpectedly or is mended.
 */
export async function storeContent(
  table: PartitionedTable,
  name: string,
  text: string,
  known: readonly string[],
): Promise<ContentRef> {
  const content = Buffer.from(text);
  if (content.length > limits.maxStoredBytes) {
    throw new Problem(
      "payload-too-large",
      `The table has ${content.length} bytes with its defaults filled in; at most ${limits.maxStoredBytes} are stored`,
    );
  }
  const chunks = cutChunks(content).map((bytes) => ({ bytes, hash: hashOfChunk(bytes) }));
  const isKnown = new Set(known);
  const unique = new Map(chunks.map((chunk) => [chunk.hash, chunk]));
  await severalAtOnce([...unique.values()], ({ hash, bytes }) =>
    storeChunk(table, partitions.ofTable(name), { hash, bytes, isKnown: isKnown.has(hash) }),
  );
  return { hash: hashOf(content), bytes: content.length, chunks: chunks.map(({ hash }) => hash) };
}

async function storeChunk(
  table: PartitionedTable,
  partitionKey: string,
  { hash, bytes, isKnown }: { hash: string; bytes: Buffer; isKnown: boolean },
): Promise<void> {
  if (!isKnown && (await table.insert(await toChunkRow(partitionKey, hash, bytes)))) return;
  const stored = await table.read(partitionKey, chunkKey(hash));
  try {
    await readChunkRow(hash, stored);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const row = await toChunkRow(partitionKey, hash, bytes);
    // Who loses this to another lost it to the same bytes.
    await (stored?.etag ? table.replace(row, stored.etag) : table.insert(row));
  }
}

/** Reads the text of a table. A table call for each chunk. Throws Problem `table-unreadable` when it is not what was stored. */
export async function readContent(table: PartitionedTable, name: string, ref: ContentRef): Promise<string> {
  const partitionKey = partitions.ofTable(name);
  const chunks = await severalAtOnce(ref.chunks, async (hash) =>
    readChunkRow(hash, await table.read(partitionKey, chunkKey(hash))),
  );
  const content = Buffer.concat(chunks);
  if (hashOf(content) !== ref.hash)
    throw new Problem("table-unreadable", `What is stored of the table '${name}' is not what its hash says`);
  return content.toString("utf8");
}

const hashOf = (content: Buffer | string): string => createHash("sha256").update(content).digest("hex");

/** The hash of the text of a table. */
export const hashOfText = (text: string): string => hashOf(text);

async function severalAtOnce<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += limits.chunksAtOnce) {
    const some = items.slice(at, at + limits.chunksAtOnce);
    results.push(...(await Promise.all(some.map(act))));
  }
  return results;
}
