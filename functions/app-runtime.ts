import { readConfig } from "../shared/kernel/config.ts";
import { makeRuntime } from "../shared/runtime.ts";
import { onRecycle } from "./on-recycle.ts";

/** The one runtime of this worker process. Wrong settings fail here, before any function is registered. */
export const runtime = makeRuntime(readConfig(process.env), {
  onRecycle,
  endWorker: (exitCode) => process.exit(exitCode),
  writeLine: (line) => process.stdout.write(`${line}\n`),
});
