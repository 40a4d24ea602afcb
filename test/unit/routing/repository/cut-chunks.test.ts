import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { hashOfChunk } from "../../../../shared/routing/repository/chunk-row.ts";
import { cutChunks } from "../../../../shared/routing/repository/cut-chunks.ts";
import { repositoryLimits as limits } from "../../../../shared/routing/repository/limits.ts";

const bytesOf = (seed: string): Buffer => createHash("sha256").update(seed).digest();
const content = Buffer.concat(Array.from({ length: 60_000 }, (_, index) => bytesOf(`${index}`)));

test("the chunks are the content, within their bounds", () => {
  const chunks = cutChunks(content);
  expect(Buffer.concat(chunks).equals(content)).toBe(true);
  for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(limits.maxChunkBytes);
  for (const chunk of chunks.slice(0, -1)) expect(chunk.length).toBeGreaterThanOrEqual(limits.minChunkBytes);
});

test("what is inserted early leaves the later chunks as they are", () => {
  const changed = Buffer.concat([
    content.subarray(0, 1_000),
    Buffer.from("inserted"),
    content.subarray(1_000),
  ]);
  const before = new Set(cutChunks(content).map(hashOfChunk));
  const added = cutChunks(changed).filter((chunk) => !before.has(hashOfChunk(chunk)));
  expect(before.size).toBeGreaterThan(10);
  expect(added.length).toBeLessThanOrEqual(2);
});

test("content without any place to cut is cut at the largest size, and nothing is cut into nothing", () => {
  const even = Buffer.alloc(limits.maxChunkBytes * 2 + 1, 7);
  expect(cutChunks(even).map(({ length }) => length)).toEqual([
    limits.maxChunkBytes,
    limits.maxChunkBytes,
    1,
  ]);
  expect(cutChunks(Buffer.alloc(0))).toEqual([]);
});
