import { expect, test } from "vitest";
import { toChunkRow } from "../../../../shared/routing/repository/chunk-row.ts";
import { readContent, storeContent } from "../../../../shared/routing/repository/content.ts";
import { partitions } from "../../../../shared/routing/repository/keys.ts";
import { repositoryLimits as limits } from "../../../../shared/routing/repository/limits.ts";
import { InMemoryTable } from "../../../support/in-memory-table.ts";

test("what is too large to be stored is refused before anything is written", async () => {
  const table = new InMemoryTable();
  const stored = storeContent(table, "default", "x".repeat(limits.maxStoredBytes + 1), []);
  await expect(stored).rejects.toMatchObject({ kind: "payload-too-large" });
  expect(table.writes).toBe(0);
});

test("chunks in another order than they were stored are not the content", async () => {
  const table = new InMemoryTable();
  const text = Array.from({ length: 40_000 }, (_, index) => String(index * 7_919)).join();
  const ref = await storeContent(table, "default", text, []);
  expect(ref.chunks.length).toBeGreaterThan(1);
  expect((await readContent(table, "default", ref)) === text).toBe(true);
  const swapped = readContent(table, "default", { ...ref, chunks: ref.chunks.toReversed() });
  await expect(swapped).rejects.toMatchObject({ kind: "table-unreadable" });
  // A chunk that should be there already and is not is written again.
  const other = new InMemoryTable();
  await storeContent(other, "default", text, ref.chunks);
  expect((await readContent(other, "default", ref)) === text).toBe(true);
});

test("a chunk that holds something else than its name says is found out, and mended by storing the same again", async () => {
  const table = new InMemoryTable();
  const ref = await storeContent(table, "default", "one", []);
  const row = await toChunkRow(partitions.ofTable("default"), ref.chunks[0] ?? "", Buffer.from("two"));
  await table.replace(row, table.peek(row.partitionKey, row.rowKey)?.etag ?? "");
  await expect(readContent(table, "default", ref)).rejects.toThrow(/damaged/);
  await storeContent(table, "default", "one", ref.chunks);
  expect(await readContent(table, "default", ref)).toBe("one");
});
