import Module from "node:module";
import type { Binding, FunctionMetadata, RetryOptions } from "../core/function-metadata.ts";
import type { LogLevel } from "../log/log.ts";
import { hookNames, WorkerError, type App, type HookName } from "./app.ts";
import type { Callback, LogCategory, ProgrammingModel } from "./core-types.ts";
import type { WorkerLog } from "./worker-log.ts";

const coreModuleName = "@azure/functions-core";

/** The worker version that the library sees; it looks only whether `log` exists. */
const workerVersion = "3.14.0";

/** What a function is registered with: the id is optional and then the name. */
interface GivenMetadata {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: RetryOptions;
}

/** The disposable that registrations return. The library's own class of that name is built on it. */
class Disposable {
  readonly #dispose: () => unknown;

  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }

  static from(...disposables: { dispose: () => unknown }[]): Disposable {
    return new Disposable(() => disposables.forEach((disposable) => disposable.dispose()));
  }

  dispose(): unknown {
    return this.#dispose();
  }
}

/** The object that `require("@azure/functions-core")` yields in the worker. */
export function createCoreApi(app: App, hostVersion: string, log: WorkerLog): Record<string, unknown> {
  return {
    version: workerVersion,
    hostVersion,
    Disposable,
    registerFunction: (given: GivenMetadata, callback: Callback) =>
      new Disposable(app.addFunction(toMetadata(given), callback)),
    registerHook: (name: string, callback: Callback) =>
      new Disposable(app.addHook(toHookName(name), callback)),
    setProgrammingModel: (model: ProgrammingModel) => {
      // Each copy of the library in the app calls this; the last one wins, as in the real worker.
      app.programmingModel = model;
    },
    getProgrammingModel: () => app.programmingModel,
    log: (level: LogLevel, category: LogCategory, message: string) => log({ level, category, message }),
  };
}

/** Makes `require("@azure/functions-core")` yield the object, for CommonJS code wherever it was loaded from. */
export function installCoreApi(coreApi: object): void {
  const load: unknown = Reflect.get(Module, "_load");
  if (typeof load !== "function") throw new WorkerError("This version of Node loads modules in another way.");
  Reflect.set(Module, "_load", function loadOrCoreApi(this: unknown, ...args: unknown[]): unknown {
    return args[0] === coreModuleName ? coreApi : Reflect.apply(load, this, args);
  });
}

function toMetadata({ name, functionId, bindings, retryOptions }: GivenMetadata): FunctionMetadata {
  const named = Object.fromEntries(
    Object.entries(bindings).map(([key, binding]) => [key, { ...binding, name: key }]),
  );
  // Options may hold what cannot cross to another process (functions); JSON is also what the real worker sends.
  const metadata: FunctionMetadata = JSON.parse(
    JSON.stringify({ name, functionId: functionId ?? name, bindings: named, retryOptions }),
  );
  return metadata;
}

function toHookName(name: string): HookName {
  const known = hookNames.find((known) => known === name);
  if (known !== undefined) return known;
  // The library turns exactly this error of the `log` hook into its own words.
  throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
}
