import { once } from "node:events";
import { PassThrough } from "node:stream";

import { describe, expect, test } from "vitest";

import { maxLineChars, onLines } from "../../../local/fleet/lines.ts";

async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  onLines(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await once(stream, "close");
  return lines;
}

describe("reading a process's output line by line", () => {
  test("joins what arrives in pieces, also pieces of one character", async () => {
    const euro = Buffer.from("€");
    expect(await linesOf("one\ntw", "o\r\n", euro.subarray(0, 1), euro.subarray(1), "\n")).toEqual([
      "one",
      "two",
      "€",
    ]);
  });

  test("tells the last line even if it has no end", async () => {
    expect(await linesOf("one\nlast")).toEqual(["one", "last"]);
  });

  test("cuts a line that does not end", async () => {
    const lines = await linesOf("x".repeat(maxLineChars), "y".repeat(maxLineChars), "\nnext\n");
    expect(lines.map((line) => line.length)).toEqual([maxLineChars, 4]);
    expect(lines[1]).toBe("next");
  });
});
