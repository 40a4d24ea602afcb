import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requireCompiled } from "../../../local/functions/worker/compile-cache.ts";

const require = createRequire(import.meta.url);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interrole-compiled-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Loads a text as the app's file anew, as the next worker would; gives what it exports. */
async function load(text: string): Promise<unknown> {
  const location = join(folder, "app.cjs");
  await writeFile(location, text);
  delete require.cache[location];
  requireCompiled(location, folder);
  return require.cache[location]?.exports;
}

const kept = () => readdir(join(folder, "node_modules/.cache/interrole"));
const app = (value: number): string =>
  `const { basename } = require("node:path"); module.exports = [${value}, basename(__filename), typeof require.resolve];`;

test("a file is loaded as by require, the first time and with what was kept of it", async () => {
  expect(await load(app(1))).toEqual([1, "app.cjs", "function"]);
  expect(await kept()).toHaveLength(1);
  expect(await load(app(1))).toEqual([1, "app.cjs", "function"]);
});

test("another text is another file, and the one before goes", async () => {
  await load(app(1));
  const [first] = await kept();
  expect(await load(app(2))).toEqual([2, "app.cjs", "function"]);
  expect(await kept()).toEqual([expect.not.stringContaining(String(first))]);
});

test("what was kept and is broken counts for nothing", async () => {
  await load(app(1));
  const [name = ""] = await kept();
  await writeFile(join(folder, "node_modules/.cache/interrole", name), "garbage");
  expect(await load(app(1))).toEqual([1, "app.cjs", "function"]);
});

test("an error of the file is the caller's", async () => {
  await expect(load("throw new Error('broken')")).rejects.toThrow("broken");
});
