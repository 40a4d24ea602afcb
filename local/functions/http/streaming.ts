import { randomUUID } from "node:crypto";
import type { Agent } from "node:http";
import { InvocationFailed } from "../core/listener.ts";
import type { TypedData } from "../core/typed-data.ts";
import { isUntouched, maxWorkers, type FunctionRunner } from "../host/function-runner.ts";
import type { ReadyWorker } from "../host/worker-keeper.ts";
import { messageOf, type Log } from "../log/log.ts";
import { httpBindingData } from "./binding-data.ts";
import { traceOf, type HttpCall } from "./call.ts";
import { Forward } from "./forward.ts";
import { declaredLength, readBody } from "./request-body.ts";

/** How long the worker's answer may stay out after the invocation has ended; it is on its way by then, or will never come. */
const lateAnswerMs = 2_000;

/** What a streamed call is made with. */
export interface StreamingOptions {
  readonly runner: FunctionRunner;
  readonly maxBodyBytes: number;
  readonly agent: Agent;
  readonly log: Log;
  /** Called when the answer is a stream of events, which lasts until one side has had enough. */
  readonly onEventStream: () => void;
}

/**
 * Runs a function whose request and response stream. Two things go to the worker under one invocation id: the request itself, by
 * proxy to the library's own server, and the invocation. The library joins them; the answer comes back on the proxied request.
 */
export async function callStreaming(call: HttpCall, options: StreamingOptions): Promise<void> {
  const { runner, maxBodyBytes, log } = options;
  const { request, target, values, route } = call;
  const { name } = route.hosted.metadata;
  // A body of a declared length is read first, as the real host does; only a chunked one reaches the function while it arrives.
  const isDeclared = (declaredLength(request) ?? 0) > 0;
  const body = isDeclared ? await readBody(request, maxBodyBytes) : undefined;
  const source = { headers: request.headers, search: target.search, route: values };
  const { metadata, hidesHeaders } = httpBindingData(
    body === undefined ? source : { ...source, body: body.toString("utf8") },
  );
  if (hidesHeaders) {
    log(
      "warning",
      `'${name}' does not see this request's headers: a member 'headers' of its body, query or route takes their place, as in the real host.`,
    );
  }
  const isRepeatable = isDeclared || request.headers["transfer-encoding"] === undefined;
  for (let workers = 1; ; workers += 1) {
    const worker = await runner.ready(name, call.clientGone);
    const failure = await callOnce(call, { ...options, worker, body, triggerMetadata: metadata });
    if (failure === undefined || call.response.headersSent || call.clientGone.aborted) return;
    if (!isUntouched(failure) || !isRepeatable || workers >= maxWorkers) throw failure;
  }
}

interface Attempt extends StreamingOptions {
  readonly worker: ReadyWorker;
  readonly body: Buffer | undefined;
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
}

/** Gives a request to one worker. Returns the failure of the invocation if the worker has not answered. */
async function callOnce(call: HttpCall, attempt: Attempt): Promise<unknown> {
  const { runner, worker, triggerMetadata } = attempt;
  const { metadata, trigger } = call.route.hosted;
  const invocationId = randomUUID();
  const { agent, maxBodyBytes, onEventStream } = attempt;
  const httpUri = worker.app.capabilities["HttpUri"] ?? "";
  const forward = new Forward(call, { httpUri, invocationId, agent, maxBodyBytes, onEventStream });
  const inputData = [{ name: trigger?.name ?? "", data: { http: {} } }];
  const request = { inputData, triggerMetadata, ...traceOf(call.request) };
  const invocation = runner.attempt(metadata.name, request, { worker, invocationId });
  let late: NodeJS.Timeout | undefined;
  const nothingFollows = (): void => {
    late = setTimeout(() => forward.endUnlessAnswering(), lateAnswerMs);
  };
  // Succeeded or not, what the client gets is what the worker answers on the proxied request.
  const ended = invocation.then(nothingFollows, (error: unknown) => {
    nothingFollows();
    return error;
  });
  const answered = forward.run(attempt.body).then(
    () => {
      if (!forward.isFromLibrary) worker.process.abandon(invocationId, "The worker refused the request.");
      return true;
    },
    (error: unknown) => {
      // A request that did not reach the library leaves the invocation waiting for it.
      worker.process.abandon(invocationId, `The request ended before its answer: ${messageOf(error)}`);
      return false;
    },
  );
  const [isAnswered, failure] = await Promise.all([answered, ended]);
  clearTimeout(late);
  return isAnswered
    ? undefined
    : (failure ?? new InvocationFailed(metadata.name, "The worker gave no answer."));
}
