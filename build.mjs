// Builds what runs: the function app as one file, as it is deployed, and the local commands as modules beside it.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const common = {
  bundle: true,
  platform: "node",
  target: "node20",
  // The sources are in the package; a map that holds them too would be three times as large.
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
  write: false,
};

/** Modules rather than CommonJS where a package has both: what is not used of them is left out. */
const mainFields = ["module", "main"];

/** Leaves a package that few need out of a bundle, in a file of its own, which is loaded when it is imported. */
const besides = (name, file) => ({
  name: `${name} in ${file}`,
  setup: ({ onResolve }) =>
    onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: file, external: true })),
});

/** Leaves out the languages that zod can speak and we do not: together they are as large as zod. */
const englishOnly = {
  name: "English only",
  setup: ({ onLoad }) =>
    onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from "./en.js";`,
    })),
};

/** Builds everything into `dist/`. The tests call it once before they start child processes. */
export async function buildAll() {
  const results = await Promise.all([
    build({
      ...common,
      entryPoints: ["functions/main.ts"],
      outfile: "dist/main.cjs",
      format: "cjs",
      mainFields,
      // The platform injects this module into the worker; it exists in no registry.
      external: ["@azure/functions-core"],
      plugins: [besides("@azure/identity", "./identity.cjs"), englishOnly],
    }),
    build({
      ...common,
      entryPoints: { identity: "@azure/identity" },
      outdir: "dist",
      outExtension: { ".js": ".cjs" },
      format: "cjs",
    }),
    build({
      ...common,
      entryPoints: {
        fleet: "local/fleet/command.ts",
        servicebus: "local/servicebus/command.ts",
        host: "local/functions/command.ts",
        worker: "local/functions/worker/entry.ts",
      },
      outdir: "dist/local",
      format: "esm",
      splitting: true,
      // Packages that are CommonJS call `require`, which a module has not got of itself.
      // Bundled with their packages, a host starts in 0.5 s instead of 1 s, and each fleet has several.
      mainFields,
      banner: {
        js: `import { createRequire as makeRequire } from "node:module";\nconst require = makeRequire(import.meta.url);`,
      },
    }),
    ...buildLibraries(),
    build({
      ...common,
      // Bundled with what it imports, and without its telemetry, Azurite loads in 0.4 s instead of 0.9 s.
      entryPoints: ["local/tables/thread.ts"],
      outfile: "dist/local/tables.cjs",
      format: "cjs",
      sourcemap: false,
      alias: { applicationinsights: "./local/tables/no-telemetry.ts" },
    }),
  ]);
  const files = results.flatMap(({ outputFiles }) => outputFiles);
  await Promise.all(files.map((file) => replace(file.path, file.contents)));
  await removeOthers(new Set(files.map(({ path }) => path)));
}

/** What other programs import from this package. */
function buildLibraries() {
  return [
    build({
      ...common,
      entryPoints: { client: "client/index.ts" },
      outdir: "dist",
      format: "esm",
      // For browsers and Node: an import that only one of them has fails the build.
      platform: "neutral",
      target: "es2022",
      mainFields,
    }),
    build({
      ...common,
      entryPoints: { agent: "client/agent/index.ts" },
      outdir: "dist",
      format: "esm",
      packages: "external",
    }),
    build({
      ...common,
      // For programs that take numbers and are no function app.
      entryPoints: { counter: "shared/counter/web-counter.ts" },
      outdir: "dist",
      format: "esm",
      packages: "external",
    }),
  ];
}

/** Writes what has changed, and in one step: a fleet that runs from the same folder never loads half a file. */
async function replace(path, contents) {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(contents)) return;
  const draft = `${path}.${process.pid}.draft`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(draft, contents);
  await rename(draft, path);
}

/** Drafts of a build at the same time; and declarations, which the compiler writes. */
const isOthers = (path) => path.endsWith(".draft") || path.startsWith(join(process.cwd(), "dist", "types"));

async function removeOthers(kept) {
  const entries = await readdir("dist", { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(process.cwd(), entry.path, entry.name));
  await Promise.all(paths.filter((path) => !kept.has(path) && !isOthers(path)).map((path) => rm(path)));
}

if (import.meta.url === `file://${process.argv[1]}`) await buildAll();
