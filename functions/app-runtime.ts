import { readConfig } from "../shared/kernel/config.ts";
import { makeAppRuntime } from "../shared/app-runtime.ts";
import { customFilters } from "./custom-filters.ts";
import { onRecycle } from "./on-recycle.ts";

/** The one runtime of this worker process. Wrong settings fail here, before any function is registered. */
export const runtime = makeAppRuntime(readConfig(process.env), {
  onRecycle,
  customFilters,
  endWorker: (exitCode) => process.exit(exitCode),
  writeLine: (line) => process.stdout.write(`${line}\n`),
});
