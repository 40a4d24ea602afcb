import type { IncomingMessage, ServerResponse } from "node:http";
import type { TraceContext } from "../core/listener.ts";
import type { HttpRoute } from "./route-table.ts";
import type { RouteValues } from "./route-match.ts";

/** A request that belongs to a function. */
export interface HttpCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: HttpRoute;
  readonly values: RouteValues;
  readonly target: RequestTarget;
  /** Aborted when the client goes away before it has the whole response. */
  readonly clientGone: AbortSignal;
}

/** The trace that a request says it is part of. */
export function traceOf({ headers }: IncomingMessage): { traceContext?: TraceContext } {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== "string") return {};
  const traceParent = traceparent;
  return {
    traceContext: typeof tracestate === "string" ? { traceParent, traceState: tracestate } : { traceParent },
  };
}

/** The parts of a request's target, as they came. */
export interface RequestTarget {
  readonly path: string;
  /** With its question mark; empty when there is none. */
  readonly search: string;
  /** The address as the function sees it. */
  readonly url: string;
}

/** Reads the target of a request; undefined when no address can be made of it. */
export function readTarget({ url = "", headers }: IncomingMessage): RequestTarget | undefined {
  const base = `http://${headers.host ?? "localhost"}`;
  try {
    // A proxy's request names the whole address; only its path counts.
    const local = url.startsWith("/") ? url : new URL(url).pathname + new URL(url).search;
    // The constructor refuses what is no host name in the Host header.
    const origin = new URL(base).origin;
    const query = local.indexOf("?");
    const path = query < 0 ? local : local.slice(0, query);
    return { path, search: query < 0 ? "" : local.slice(query), url: origin + local };
  } catch {
    return undefined;
  }
}

/** Ends a response that has not begun; without a body unless one is given. */
export function answer(
  response: ServerResponse,
  status: number,
  body?: { type: string; text: string },
): void {
  if (response.headersSent || response.destroyed) return;
  // What is left of the request's body would be taken for the next request.
  if (hasBody(response.req) && !response.req.complete) response.setHeader("Connection", "close");
  response.statusCode = status;
  if (body === undefined) {
    response.setHeader("Content-Length", 0);
    response.end();
    return;
  }
  response.setHeader("Content-Type", body.type);
  response.end(body.text);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Ends a response with a JSON document. */
export function answerJson(response: ServerResponse, status: number, document: unknown): void {
  answer(response, status, { type: "application/json; charset=utf-8", text: JSON.stringify(document) });
}
