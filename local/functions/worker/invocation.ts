import { triggerOf } from "../core/function-metadata.ts";
import type { InvocationOutcome } from "../core/listener.ts";
import type { InvokeMessage } from "../core/messages.ts";
import { WorkerError, withReadOnly, type App, type RegisteredFunction } from "./app.ts";
import type {
  CoreInvocationContext,
  HookData,
  InvocationModel,
  InvocationState,
  ModelResponse,
} from "./core-types.ts";
import { HttpExchange } from "./http-exchange.ts";
import type { LibraryServer } from "./library-server.ts";
import type { PacedBody } from "./paced-body.ts";
import type { LogOrigin, WorkerLog } from "./worker-log.ts";

/** What invocations need of the worker. */
export interface Surroundings {
  readonly app: App;
  readonly log: WorkerLog;
  /** Present when the app has turned HTTP streaming on. */
  readonly server: LibraryServer | undefined;
  /** The streamed bodies that are being written now. */
  readonly bodies: Set<PacedBody>;
}

/** How an invocation and the host keep in touch. */
export interface Progress {
  /** Rejects when the HTTP request of the invocation will never arrive. */
  readonly abandoned: Promise<never>;
  /** Called just before any of the app's code runs. */
  readonly started: () => void;
}

/** Runs one invocation as the real worker does. */
export async function runInvocation(
  { invocationId, functionId, request }: InvokeMessage,
  { app, log, server, bodies }: Surroundings,
  { abandoned, started }: Progress,
): Promise<InvocationOutcome> {
  const registered = app.functions.get(functionId);
  if (registered === undefined || app.programmingModel === undefined) {
    throw new WorkerError(`Function code for '${functionId}' is not loaded and cannot be invoked.`);
  }
  const { metadata } = registered;
  const origin: { hookData: HookData; invocationContext: unknown } = {
    hookData: {},
    invocationContext: undefined,
  };
  const core: CoreInvocationContext = {
    invocationId,
    request: { ...request, invocationId, functionId },
    metadata,
    state: undefined,
    log: (level, category, message) =>
      log({ level, category, message, functionName: metadata.name, invocationId }, origin),
  };
  const model = await app.programmingModel.getInvocationModel(core);
  const isStreamed = server !== undefined && triggerOf(metadata)?.type.toLowerCase() === "httptrigger";
  const exchange = isStreamed
    ? new HttpExchange(invocationId, server, bodies, (message) => core.log("warning", "system", message))
    : undefined;

  // Enough of a context for the library to answer with, should the arguments themselves fail.
  let context: unknown = { invocationId, extraOutputs: new Map() };
  let result: unknown;
  try {
    const args = await Promise.race([model.getArguments(), abandoned]);
    context = args.context;
    origin.invocationContext = context;
    started();
    result = await callWithHooks({ app, core, model, registered, origin }, args.inputs);
  } catch (error) {
    await exchange?.fail(model, context);
    throw error;
  }
  return toOutcome(
    exchange === undefined
      ? await model.getResponse(context, result)
      : await exchange.respond(model, context, result),
  );
}

interface Call {
  readonly app: App;
  readonly core: CoreInvocationContext;
  readonly model: InvocationModel;
  readonly registered: RegisteredFunction;
  readonly origin: LogOrigin;
}

async function callWithHooks(
  { app, core, model, registered, origin }: Call,
  given: unknown[],
): Promise<unknown> {
  const { invocationContext, hookData } = origin;
  const shared = { hookData, appHookData: app.appHookData, invocationContext };
  const before = withReadOnly({ functionCallback: registered.callback, inputs: given }, shared);
  const tell = (message: string): void => core.log("debug", "system", message);
  await inState(core, "preInvocationHooks", () => app.runHooks("preInvocation", before, tell));

  // The library's hook wrappers write to the object that they are given: what the hooks left is read back from it.
  const { functionCallback, inputs } = before;
  const after = withReadOnly<{ inputs: unknown[]; result: unknown; error: unknown }>(
    { inputs, result: null, error: null },
    shared,
  );
  await inState(core, "invocation", async () => {
    try {
      after.result = await model.invokeFunction(invocationContext, inputs, functionCallback);
    } catch (error) {
      // `throw undefined` is a failure too, and hooks tell failure by the error being there.
      after.error = error ?? new WorkerError("The function threw nothing.");
    }
  });
  await inState(core, "postInvocationHooks", () => app.runHooks("postInvocation", after, tell));
  if (after.error !== null && after.error !== undefined) throw after.error;
  return after.result;
}

async function inState(
  core: CoreInvocationContext,
  state: InvocationState,
  run: () => Promise<void>,
): Promise<void> {
  core.state = state;
  try {
    await run();
  } finally {
    core.state = undefined;
  }
}

function toOutcome({ returnValue, outputData }: ModelResponse): InvocationOutcome {
  const outputs = outputData ?? [];
  return returnValue === null || returnValue === undefined
    ? { outputData: outputs }
    : { returnValue, outputData: outputs };
}
