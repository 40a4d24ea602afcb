import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

/** A page that wants to talk to the fleet should not load more than this for it, not even minified. */
const maxBytes = 48 * 1_024;

test("the built client imports nothing, so that a browser can load it as it is", async () => {
  const text = await readFile(new URL("../../../dist/client.js", import.meta.url), "utf8");
  expect(text.match(/^\s*import\b.*|\brequire\(.*|\bimport\(.*|["']node:.*/gm)).toBeNull();
  expect(text).toMatch(/export \{[^}]*\bconnect\b/);
  expect(Buffer.byteLength(text)).toBeLessThan(maxBytes);
});
