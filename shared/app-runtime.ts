import type { Config } from "./kernel/config.ts";
import type { CustomFilter } from "./routing/compile-filter.ts";
import { makeRuntime } from "./runtime.ts";
import type { RuntimeOptions } from "./runtime/edges.ts";
import { makeRouting } from "./runtime/routing.ts";

export interface AppRuntimeOptions extends RuntimeOptions {
  /** The application's own filters for routing tables, by name. */
  customFilters: ReadonlyMap<string, CustomFilter>;
}

/** An instance that is a function app: it routes, too. */
export function makeAppRuntime(config: Config, options: AppRuntimeOptions) {
  const runtime = makeRuntime(config, options);
  const routing = makeRouting(config, runtime, runtime, runtime, options.customFilters);
  // Its table first: a message that comes as soon as it is ready is routed.
  runtime.beforeReady(() => routing.serving.look());
  // Not waited for: compiling a large table must not hold up the look at the fleet.
  runtime.onBeat(async () => routing.serving.lookSoon());
  // Without a URL it is no function app, and looks after no messages.
  runtime.onBeat((members) => routing.forgetRouted.look(members.filter(({ url }) => url !== "")));
  const stop = async () => {
    await routing.disconnect();
    await runtime.stop();
  };
  return { ...runtime, ...routing, stop };
}
