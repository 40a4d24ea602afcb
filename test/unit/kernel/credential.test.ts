import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const dist = resolve(import.meta.dirname, "../../../dist");

test("the identity library is beside the built app, which loads it when it needs a token", async () => {
  const app = await readFile(resolve(dist, "main.cjs"), "utf8");
  const [, file] = /DefaultAzureCredential[^;]*await import\("(.+?)"\)/.exec(app) ?? [];
  expect(file).toBe("./identity.cjs");
  const library: unknown = await import(resolve(dist, file ?? ""));
  expect(library).toHaveProperty("DefaultAzureCredential", expect.any(Function));
});
