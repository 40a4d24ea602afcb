import { readFile, readdir } from "node:fs/promises";
import { join, posix, sep } from "node:path";
import { snapshotSchema } from "./schema/notation.ts";
import { ResourceTypes } from "./types/from-notation.ts";

const snapshots = ["microsoft.json", "by-hand.json"];

/** The schemas that the repository keeps. */
export async function readResourceTypes(root: string): Promise<ResourceTypes> {
  const read = snapshots.map(async (name) => {
    const text = await readFile(join(root, "infra", "check", "schema", name), "utf8");
    return snapshotSchema.parse(JSON.parse(text));
  });
  return new ResourceTypes(await Promise.all(read));
}

/** Parameter files that choose what the defaults do not. */
const examples = "infra/check/examples/";
const kept = /\.(bicep|bicepparam|json|jsonc|ya?ml|txt|kql)$/;

/** The files of `infra/`, by their path from the root with slashes. What checks them is left out. */
export async function readInfraFiles(root: string): Promise<Map<string, string>> {
  const entries = await readdir(join(root, "infra"), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && kept.test(entry.name))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .split(sep)
        .join(posix.sep),
    )
    .filter((path) => !path.startsWith("infra/check/") || path.startsWith(examples))
    .sort();
  const texts = await Promise.all(paths.map((path) => readFile(join(root, path), "utf8")));
  return new Map(paths.map((path, index) => [path, texts[index] ?? ""]));
}
