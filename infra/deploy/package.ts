import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { zipSync, type Zippable } from "fflate";

/** What an app runs from: the host's settings, the entry point's name, and the app as the build bundled it. */
const packagedFiles = ["host.json", "package.json", "dist/main.cjs", "dist/identity.cjs"];

/** The earliest time that a zip can hold: the same sources make the same package. */
const packagedAt = new Date("1980-01-02T00:00:00Z");

/** The package of the function app, made of what the build has left in `folder`. */
export async function makePackage(folder: string): Promise<Uint8Array> {
  const files: Zippable = {};
  for (const name of packagedFiles)
    files[name] = [await readFile(join(folder, name)), { level: 9, mtime: packagedAt }];
  return zipSync(files);
}
