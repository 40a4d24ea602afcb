import type { FunctionMetadata } from "../core/function-metadata.ts";
import type { Callback, HookData, ProgrammingModel } from "./core-types.ts";

/** The hooks of the programming model, by the names under which they are registered. */
export const hookNames = ["preInvocation", "postInvocation", "appStart", "appTerminate", "log"] as const;

/** One of the hook names. */
export type HookName = (typeof hookNames)[number];

/** A function with the code to call. */
export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: Callback;
}

/** A mistake of the app that the library and the real worker mark as such. */
export class WorkerError extends Error {
  override readonly name = "WorkerError";
  readonly isAzureFunctionsSystemError = true;
}

/** What the app has registered, and what its hooks share. One per worker process. */
export class App {
  /** By function id. */
  readonly functions = new Map<string, RegisteredFunction>();
  /** Shared by all hooks. */
  readonly appHookData: HookData = {};
  /** Shared by appStart and appTerminate hooks alone. */
  readonly appLevelHookData: HookData = {};
  programmingModel: ProgrammingModel | undefined;
  /** True once start-up is over: nothing may be registered any more. */
  isLocked = false;
  readonly #hooks: Record<HookName, Callback[]> = {
    preInvocation: [],
    postInvocation: [],
    appStart: [],
    appTerminate: [],
    log: [],
  };

  addFunction(metadata: FunctionMetadata, callback: Callback): () => void {
    if (this.isLocked) throw new WorkerError("A function can only be registered during app startup.");
    const { functionId } = metadata;
    if (this.functions.has(functionId)) {
      throw new WorkerError(`A function with id "${functionId}" has already been registered.`);
    }
    this.functions.set(functionId, { metadata, callback });
    return () => {
      if (this.isLocked) throw new WorkerError("A function can only be disposed during app startup.");
      this.functions.delete(functionId);
    };
  }

  addHook(name: HookName, callback: Callback): () => void {
    const hooks = this.#hooks[name];
    hooks.push(callback);
    return () => {
      const index = hooks.indexOf(callback);
      if (index >= 0) hooks.splice(index, 1);
    };
  }

  hooks(name: HookName): readonly Callback[] {
    return this.#hooks[name];
  }

  /** Runs the hooks of one name in the order of their registration, each awaited. `tell` is for the words of the real worker. */
  async runHooks(name: HookName, context: object, tell: (message: string) => void): Promise<void> {
    // A copy: a hook may dispose of itself or of another while they run.
    const hooks = this.#hooks[name].slice();
    if (hooks.length === 0) return;
    tell(`Executing ${hooks.length} "${name}" hooks`);
    for (const hook of hooks) await hook(context);
    tell(`Executed "${name}" hooks`);
  }
}

/** Gives an object members that hooks may read and must not replace. */
export function withReadOnly<Target extends object>(
  target: Target,
  members: Record<string, unknown>,
): Target {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(target, name, {
      enumerable: true,
      get: () => value,
      set: () => {
        throw new TypeError(`Cannot assign to read only property '${name}'`);
      },
    });
  }
  return target;
}
