import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import path from "node:path";
import { constants, Script } from "node:vm";

/** A CommonJS module while it is compiled. */
interface CompiledModule {
  _compile: (this: CompiledModule, content: string, filename: string) => unknown;
  exports: unknown;
}

/**
 * Loads a CommonJS file as `require` does, and keeps its compiled form under the app's node_modules/.cache for the next worker: an app
 * that is one file with all its packages takes longer to compile than to run, and a fleet starts many workers. Node 22 has this built in,
 * Node 20 has not.
 */
export function requireCompiled(location: string, appDir: string): void {
  const prototype: CompiledModule = Object(Module.prototype);
  const compile = prototype._compile;
  prototype._compile = function (content, filename) {
    if (filename !== location) return compile.call(this, content, filename);
    prototype._compile = compile;
    return run(this, content, filename, cacheFile(appDir, filename, content));
  };
  try {
    createRequire(location)(location);
  } finally {
    prototype._compile = compile;
  }
}

function run(module: CompiledModule, content: string, filename: string, cacheName: string): unknown {
  const known = readIfPresent(cacheName);
  const script = new Script(Module.wrap(content), {
    filename,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(known ? { cachedData: known } : {}),
  });
  const { exports } = module;
  const result: unknown = script
    .runInThisContext()
    .call(exports, exports, createRequire(filename), module, filename, path.dirname(filename));
  // Kept only now: what has run by now is compiled, too.
  if (!known || script.cachedDataRejected) keep(cacheName, script.createCachedData());
  return result;
}

/** Another text, another Node or another processor is another file. */
function cacheFile(appDir: string, filename: string, content: string): string {
  const parts = [hashOf(filename), hashOf(process.version + process.arch + content), "compiled"];
  return path.join(appDir, "node_modules", ".cache", "interrole", parts.join("."));
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

function readIfPresent(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** In one step: another worker may be reading it. A folder that cannot be written to only means a slower start. */
function keep(file: string, data: Buffer): void {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(draft, data);
    renameSync(draft, file);
    removeOlder(file);
  } catch {
    // Said above.
  }
}

/** What was kept of the same file's earlier texts. */
function removeOlder(file: string): void {
  const folder = path.dirname(file);
  const [prefix = ""] = path.basename(file).split(".");
  for (const name of readdirSync(folder))
    if (name.startsWith(prefix) && name.endsWith(".compiled") && name !== path.basename(file))
      rmSync(path.join(folder, name), { force: true });
}
