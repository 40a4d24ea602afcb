import { unzipSync } from "fflate";
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { makePackage } from "../../../infra/deploy/package.ts";

const packaged = ["dist/identity.cjs", "dist/main.cjs", "host.json", "package.json"];

/** A build in small: packing the real one takes a second. */
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "interrole-package-"));
  await mkdir(join(folder, "dist"));
  await Promise.all([...packaged, "dist/main.cjs.map"].map((name) => writeFile(join(folder, name), name)));
});
afterAll(async () => await rm(folder, { recursive: true }));

describe("the package", () => {
  test("holds the app, what it loads at run time, and nothing else", async () => {
    const files = unzipSync(await makePackage(folder));
    const contents = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]);
    expect(Object.fromEntries(contents)).toEqual(Object.fromEntries(packaged.map((name) => [name, name])));
  });

  test("is made of files that the build leaves, with the entry point that package.json names", async () => {
    const { main } = z.object({ main: z.string() }).parse(JSON.parse(await readFile("package.json", "utf8")));
    expect(packaged).toContain(main);
    await Promise.all(packaged.map((name) => access(name)));
  });

  test("is the same for the same build", async () => {
    const first = await makePackage(folder);
    await writeFile(join(folder, "host.json"), "host.json");
    expect(Buffer.from(first).equals(await makePackage(folder))).toBe(true);
  });
});
