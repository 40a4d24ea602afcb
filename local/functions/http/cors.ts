import type { IncomingMessage, ServerResponse } from "node:http";

/** Which pages of other origins may call. */
export interface CorsOptions {
  /** Origins such as `https://example.org`, or `*` for all. Empty: the host says nothing about origins. */
  readonly origins: readonly string[];
  readonly credentials: boolean;
}

const noContent = 204;

/** Adds what a browser needs to see; returns true when that already answered the request, a preflight. */
export function applyCors(request: IncomingMessage, response: ServerResponse, cors: CorsOptions): boolean {
  const { origin } = request.headers;
  if (cors.origins.length === 0 || origin === undefined) return false;
  const isAny = cors.origins.includes("*");
  const isAllowed = isAny || cors.origins.some((allowed) => allowed.toLowerCase() === origin.toLowerCase());
  if (isAllowed) {
    response.setHeader("Access-Control-Allow-Origin", isAny && !cors.credentials ? "*" : origin);
    if (!isAny || cors.credentials) response.setHeader("Vary", "Origin");
    if (cors.credentials) response.setHeader("Access-Control-Allow-Credentials", "true");
  }
  const method = request.headers["access-control-request-method"];
  if (request.method !== "OPTIONS" || method === undefined) return false;
  if (isAllowed) {
    response.setHeader("Access-Control-Allow-Methods", method);
    const headers = request.headers["access-control-request-headers"];
    if (headers !== undefined) response.setHeader("Access-Control-Allow-Headers", headers);
  }
  response.statusCode = noContent;
  response.end();
  return true;
}
