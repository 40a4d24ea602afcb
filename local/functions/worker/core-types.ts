import type { InvocationRequest } from "../core/listener.ts";
import type { FunctionMetadata } from "../core/function-metadata.ts";
import type { TypedData, NamedData } from "../core/typed-data.ts";
import type { LogLevel } from "../log/log.ts";

// The part of `@azure/functions-core` that the library uses, in our own words: the platform injects that module into the worker
// and no registry holds it.

/** A user's function or hook, as registered. */
export type Callback = (...args: unknown[]) => unknown;

/** Data that hooks share. */
export type HookData = Record<string, unknown>;

/** Who wrote a log entry. */
export type LogCategory = "user" | "system" | "customMetric";

/** Where an invocation stands; the library reads it to know when logging is late. */
export type InvocationState = "preInvocationHooks" | "invocation" | "postInvocationHooks";

/** What an invocation model is made for. */
export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: InvocationRequest & { readonly invocationId: string; readonly functionId: string };
  readonly metadata: FunctionMetadata;
  state: InvocationState | undefined;
  log(level: LogLevel, category: LogCategory, message: string): void;
}

/** What the library makes of a finished invocation. Members may be null as well as absent. */
export interface ModelResponse {
  readonly returnValue?: TypedData | null;
  readonly outputData?: readonly NamedData[] | null;
}

/** The library's side of one invocation. */
export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: Callback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<ModelResponse>;
}

/** What the library registers itself with. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities(defaults: Record<string, string>): Record<string, string> | Promise<Record<string, string>>;
}
