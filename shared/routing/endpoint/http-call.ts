import http, { type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import https from "node:https";
import { whyRefused } from "../outbound-policy.ts";
import { EndpointFailure } from "./failure.ts";
import type { EndpointPorts } from "./ports.ts";
import { safeLookup } from "./safe-lookup.ts";

/** Connections to one host and in all; further calls wait for one, within their time-out. Idle ones are closed after a while. */
const agentOptions = {
  keepAlive: true,
  maxSockets: 64,
  maxTotalSockets: 512,
  maxFreeSockets: 8,
  timeout: 15_000,
} as const;

export interface HttpRequest {
  url: URL;
  headers: OutgoingHttpHeaders;
  body: Buffer;
  withinMs: number;
  /** Of the answer's body. */
  maxBytes: number;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingMessage["headers"];
  /** Undefined when it was larger than was asked for. */
  body: Buffer | undefined;
}

/**
 * Calls services over HTTP. No redirect is followed: it would lead past the outbound policy. Connections are kept, with the address that was
 * judged when each was made.
 */
export class HttpCalls {
  readonly #ports: Pick<EndpointPorts, "policy" | "resolve" | "clock">;
  readonly #agents = { "http:": new http.Agent(agentOptions), "https:": new https.Agent(agentOptions) };

  constructor(ports: Pick<EndpointPorts, "policy" | "resolve" | "clock">) {
    this.#ports = ports;
  }

  /** Posts, and reads the answer as a whole. Throws EndpointFailure. The time-out is for all of it: look-up, connection, headers, body. */
  async post(request: HttpRequest): Promise<HttpAnswer> {
    const { policy, clock } = this.#ports;
    const why = whyRefused(request.url, policy);
    if (why !== undefined) throw new EndpointFailure("target", why);
    const late = new AbortController();
    const over = new AbortController();
    void clock.delay(request.withinMs, over.signal).then(() => late.abort());
    try {
      return await this.#exchangeFresh(request, late.signal);
    } catch (error) {
      if (error instanceof EndpointFailure) throw error;
      if (late.signal.aborted) {
        const message = `no answer within ${Math.round(request.withinMs)} ms`;
        throw new EndpointFailure("moment", message, { isTimeout: true, cause: error });
      }
      throw new EndpointFailure("moment", reasonOfNetwork(error), { cause: error });
    } finally {
      over.abort("answered");
    }
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** The service may have closed a kept connection at the moment of its use. What it has read all the same comes again under the same key. */
  async #exchangeFresh(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      return await this.#exchange(request, signal);
    } catch (error) {
      if (!(error instanceof StaleConnection) || signal.aborted) throw error;
      return await this.#exchange(request, signal);
    }
  }

  #exchange({ url, headers, body, maxBytes }: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { policy, resolve } = this.#ports;
    const isSecure = url.protocol === "https:";
    return new Promise((answer, fail) => {
      const request = (isSecure ? https : http).request(url, {
        method: "POST",
        headers: { ...headers, "content-length": body.length },
        agent: this.#agents[isSecure ? "https:" : "http:"],
        lookup: safeLookup(policy, resolve),
        signal,
      });
      request.on("response", (response) => {
        readAnswer(response, maxBytes).then(answer, fail);
      });
      request.on("error", (error) => {
        const isStale = request.reusedSocket && "code" in error && error.code === "ECONNRESET";
        fail(isStale ? new StaleConnection(error.message) : error);
      });
      request.end(body);
    });
  }
}

class StaleConnection extends Error {}

async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<HttpAnswer> {
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let size = 0;
  const bytes: AsyncIterable<Buffer> = response;
  for await (const chunk of bytes) {
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > maxBytes) return { status, headers, body: undefined };
    chunks.push(chunk);
  }
  return { status, headers, body: Buffer.concat(chunks) };
}

/** A connection that was tried to several addresses fails with one error for each, and without a text of its own. */
function reasonOfNetwork(error: unknown): string {
  if (error instanceof AggregateError)
    return error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join("; ");
  return error instanceof Error ? error.message : String(error);
}
