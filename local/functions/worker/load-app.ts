import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { glob } from "tinyglobby";
import { WorkerError } from "./app.ts";
import { requireCompiled } from "./compile-cache.ts";

/** The two members of package.json that say what to load and how. */
interface PackageFile {
  readonly main?: string;
  readonly type?: string;
}

/** Loads every file that `main` in the app's package.json names; `main` is a glob pattern, as in the real worker. */
export async function loadApp(appDir: string): Promise<void> {
  const packageFile = await readPackageFile(appDir);
  const files = await entryFiles(appDir, packageFile);
  for (const file of files) {
    const location = path.join(appDir, file);
    const isModule = file.endsWith(".mjs") || (packageFile.type === "module" && !file.endsWith(".cjs"));
    try {
      if (isModule) await import(pathToFileURL(location).href);
      else requireCompiled(location, appDir);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new WorkerError(`Worker was unable to load entry point "${file}": ${reason}`, { cause: error });
    }
  }
}

async function readPackageFile(appDir: string): Promise<PackageFile> {
  const location = path.join(appDir, "package.json");
  try {
    const text = await readFile(location, "utf8");
    const parsed: PackageFile = JSON.parse(text.replace(/^\uFEFF/, ""));
    return parsed;
  } catch (error) {
    throw new WorkerError(`The app has no readable package.json: ${location}`, { cause: error });
  }
}

async function entryFiles(appDir: string, { main }: PackageFile): Promise<string[]> {
  if (typeof main !== "string" || main === "") {
    throw new WorkerError(
      `package.json in ${appDir} has no "main": it names the files that register functions.`,
    );
  }
  const files = await glob(main.replace(/^\.\//, ""), { cwd: appDir, expandDirectories: false });
  if (files.length === 0) {
    throw new WorkerError(`Found zero files matching "main" of package.json: "${main}" in ${appDir}.`);
  }
  return files.toSorted();
}
