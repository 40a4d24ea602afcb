import { buildAll } from "../../build.mjs";

/** Builds the package once, because the fleet's hosts and workers are child processes that load what is in `dist/`. */
export async function setup(): Promise<void> {
  await buildAll();
}
