import { createHash } from "node:crypto";
import { repositoryLimits as limits } from "./limits.ts";

/** A cut is where the upper bits of the hash of the last 32 bytes are 0: once in 64 KB. */
const ordinaryBits = 16;

/** A number for each value of a byte, the same in every process: chunks of different releases must be cut alike. */
const gear = Uint32Array.from({ length: 256 }, (_, byte) =>
  createHash("sha256").update(Uint8Array.of(byte)).digest().readUInt32BE(),
);

/** Cuts content into chunks at places that depend on what is around them only: what is inserted early does not move the later cuts. */
export function cutChunks(content: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  let start = 0;
  let hash = 0;
  for (let at = 0; at < content.length; at += 1) {
    hash = ((hash << 1) + (gear[content[at] ?? 0] ?? 0)) >>> 0;
    const size = at + 1 - start;
    const isCut = size >= limits.minChunkBytes && hash >>> ordinaryBits === 0;
    if (!isCut && size < limits.maxChunkBytes) continue;
    chunks.push(content.subarray(start, at + 1));
    start = at + 1;
  }
  if (start < content.length) chunks.push(content.subarray(start));
  return chunks;
}
