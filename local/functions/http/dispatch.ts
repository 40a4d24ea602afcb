import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { WorkerGone } from "../core/failures.ts";
import { InvocationFailed } from "../core/listener.ts";
import type { FunctionRunner } from "../host/function-runner.ts";
import type { InFlight, Work } from "../host/in-flight.ts";
import type { Log } from "../log/log.ts";
import { answerAdmin, isPing, type AdminSubject } from "./admin.ts";
import { callBuffered } from "./buffered.ts";
import { answer, readTarget, type HttpCall, type RequestTarget } from "./call.ts";
import { applyCors, type CorsOptions } from "./cors.ts";
import { homePage } from "./home-page.ts";
import type { Gate } from "./keys.ts";
import { BodyIncomplete, BodyTooLarge } from "./request-body.ts";
import type { RouteTable } from "./route-table.ts";
import { callStreaming } from "./streaming.ts";

/** What requests are answered with. */
export interface DispatchOptions {
  /** The routes of the app as it is loaded now; undefined before the first time. */
  readonly routes: () => RouteTable | undefined;
  readonly runner: FunctionRunner;
  readonly inFlight: InFlight;
  readonly gate: Gate;
  readonly cors: CorsOptions;
  readonly admin: AdminSubject;
  readonly showsHomePage: boolean;
  readonly maxBodyBytes: number;
  /** `extensions.http.maxOutstandingRequests` of host.json. */
  readonly maxOutstanding: number;
  readonly log: Log;
}

const status = {
  ok: 200,
  noContent: 204,
  badRequest: 400,
  unauthorized: 401,
  notFound: 404,
  tooLarge: 413,
  tooMany: 429,
  failed: 500,
  unavailable: 503,
} as const;

/** What a client is told to wait before it tries again, while there is no worker. */
const retryAfterSeconds = "1";

/** Finds out whom a request is for, and has it answered. */
export class Dispatcher {
  readonly #options: DispatchOptions;
  /** Connections to the library's server; kept, because a new one for each request would run out of ports. */
  readonly #agent = new Agent({ keepAlive: true });
  #outstanding = 0;

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** Answers one request. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = readTarget(request);
    if (target === undefined) return answer(response, status.badRequest);
    if (applyCors(request, response, this.#options.cors)) return;
    if (isAdmin(target)) return this.#admin(request, response, target);
    const gone = new AbortController();
    const closed = new Promise<void>((resolve) => {
      response.once("close", () => {
        if (!response.writableFinished) gone.abort();
        resolve();
      });
    });
    const work = this.#options.inFlight.begin();
    this.#outstanding += 1;
    try {
      await this.#answer({ request, response, target, clientGone: gone.signal }, work);
      await closed;
    } catch (error) {
      this.#answerError(response, error);
    } finally {
      this.#outstanding -= 1;
      work.done();
    }
  }

  /** Ends the connections to the worker. */
  close(): void {
    this.#agent.destroy();
  }

  async #answer(caller: Omit<HttpCall, "route" | "values">, work: Work): Promise<void> {
    const { runner, gate, maxOutstanding } = this.#options;
    const { request, response, target, clientGone } = caller;
    if (this.#outstanding > maxOutstanding) return answer(response, status.tooMany);
    // Before the first worker has loaded the app there are no routes; later ones are known while a new worker is awaited.
    if (this.#options.routes() === undefined) await runner.ready("", clientGone);
    const match = this.#options.routes()?.match(request.method ?? "GET", target.path);
    if (match === undefined) return this.#unmatched(response, target);
    const { hosted } = match.route;
    const { name } = hosted.metadata;
    const given = hosted.trigger?.["authLevel"];
    const level = typeof given === "string" ? given : "function";
    const key = { headers: request.headers, target };
    if (!gate.admits(key, level, name)) return answer(response, status.unauthorized);
    if (hosted.isDisabled && !gate.admitsToDisabled(key)) return answer(response, status.notFound);
    await this.#run({ ...caller, ...match }, work);
  }

  async #run(call: HttpCall, work: Work): Promise<void> {
    const { runner, maxBodyBytes, log } = this.#options;
    const { app } = await runner.ready(call.route.hosted.metadata.name, call.clientGone);
    if (app.capabilities["HttpUri"] === undefined) return callBuffered(call, runner, maxBodyBytes);
    const onEventStream = (): void => work.exempt();
    return callStreaming(call, { runner, maxBodyBytes, agent: this.#agent, log, onEventStream });
  }

  #unmatched(response: ServerResponse, { path }: RequestTarget): void {
    if (path !== "/") answer(response, status.notFound);
    else if (!this.#options.showsHomePage) answer(response, status.noContent);
    else answer(response, status.ok, { type: "text/html; charset=utf-8", text: homePage });
  }

  async #admin(request: IncomingMessage, response: ServerResponse, target: RequestTarget): Promise<void> {
    if (isPing(target)) return answer(response, status.ok);
    if (!this.#options.gate.admitsAdmin({ headers: request.headers, target })) {
      return answer(response, status.unauthorized);
    }
    try {
      await answerAdmin({ request, response, target }, this.#options.admin);
    } catch (error) {
      this.#answerError(response, error);
    }
  }

  #answerError(response: ServerResponse, error: unknown): void {
    if (response.headersSent || response.destroyed) {
      response.destroy();
    } else if (error instanceof BodyTooLarge) {
      answer(response, status.tooLarge);
    } else if (error instanceof BodyIncomplete) {
      response.destroy();
    } else if (error instanceof InvocationFailed) {
      // A worker that ended half-way may have done something already; one that never came has not.
      const isNothingDone = error.retryable && !(error.cause instanceof WorkerGone && error.cause.hadStarted);
      if (isNothingDone) response.setHeader("Retry-After", retryAfterSeconds);
      answer(response, isNothingDone ? status.unavailable : status.failed);
    } else throw error;
  }
}

function isAdmin({ path }: RequestTarget): boolean {
  return /^\/admin(\/|$)/i.test(path);
}
