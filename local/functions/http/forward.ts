import { request as httpRequest, type Agent, type ClientRequest, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { answer, type HttpCall } from "./call.ts";
import { BodyTooLarge, limited } from "./request-body.ts";

const failed = 500;
const tooLarge = 413;
const eventStream = "text/event-stream";
/** Tells the library which invocation a request belongs to; it repeats the header on its answer. */
const invocationIdHeader = "x-ms-invocation-id";

/** Headers of one connection, which a proxy does not hand on. */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers that only the host may set: a client's own correlation headers would break or fake it. */
const ownHeaders: ReadonlySet<string> = new Set([
  "host",
  invocationIdHeader,
  "x-forwarded-host",
  "x-forwarded-proto",
  "expect",
]);

/** Where a request is proxied to, and how. */
export interface ForwardOptions {
  /** The library's own server in the worker. */
  readonly httpUri: string;
  readonly invocationId: string;
  readonly agent: Agent;
  readonly maxBodyBytes: number;
  /** Called when the answer is a stream of events. */
  readonly onEventStream: () => void;
}

/** One proxied request. */
export class Forward {
  readonly #call: HttpCall;
  readonly #upstream: ClientRequest;
  readonly #options: ForwardOptions;
  #isTooLarge = false;
  #isFromLibrary = false;

  constructor(call: HttpCall, options: ForwardOptions) {
    this.#call = call;
    this.#options = options;
    const { request, target } = call;
    this.#upstream = httpRequest(new URL(options.httpUri), {
      agent: options.agent,
      method: request.method,
      path: target.path + target.search,
      headers: forwardedHeaders(request, options.invocationId),
      signal: call.clientGone,
    });
  }

  /** Sends the request on and the answer back. Rejects when the client has gone or the worker broke off. */
  async run(body: Buffer | undefined): Promise<void> {
    const { request, response } = this.#call;
    const arrived = new Promise<IncomingMessage>((resolve, reject) => {
      this.#upstream.once("response", resolve);
      // Stays for good: a connection may fail once more while it is taken down.
      this.#upstream.on("error", reject);
    });
    const sent = this.#send(request, body);
    // A broken connection is the error of `arrived` too. A function may also answer without having read the body to its end.
    sent.catch((error: unknown) => {
      this.#isTooLarge = error instanceof BodyTooLarge;
      if (this.#isTooLarge || !request.complete) this.#upstream.destroy();
    });
    let arrival: IncomingMessage;
    try {
      arrival = await arrived;
    } catch (error) {
      // The function may go on for long; the client need not wait to learn that nobody takes its body.
      if (this.#isTooLarge) answer(response, tooLarge);
      throw error;
    }
    this.#copyHead(arrival);
    // Without this the client would learn of an open stream only with its first chunk.
    response.flushHeaders();
    await pipeline(arrival, response, { signal: this.#call.clientGone });
  }

  /**
   * Whether the library gave the answer. Otherwise the worker's server did by itself, for a request whose headers it finds too
   * large for example, and the library never learns of the request.
   */
  get isFromLibrary(): boolean {
    return this.#isFromLibrary;
  }

  /** For an invocation that has ended without an answer: none will come. */
  endUnlessAnswering(): void {
    if (!this.#call.response.headersSent) this.#upstream.destroy(new Error("The invocation has ended."));
  }

  async #send(request: IncomingMessage, body: Buffer | undefined): Promise<void> {
    if (body !== undefined) this.#upstream.end(body);
    else await pipeline(Readable.from(limited(request, this.#options.maxBodyBytes)), this.#upstream);
  }

  #copyHead(from: IncomingMessage): void {
    const { response } = this.#call;
    response.statusCode = from.statusCode ?? failed;
    this.#isFromLibrary = from.headers[invocationIdHeader] !== undefined;
    for (const [name, value] of headerPairs(from.rawHeaders)) {
      if (!hopByHop.has(name.toLowerCase())) response.appendHeader(name, value);
    }
    const type = from.headers["content-type"]?.toLowerCase();
    if (type?.startsWith(eventStream) === true) this.#options.onEventStream();
  }
}

function forwardedHeaders(request: IncomingMessage, invocationId: string): string[] {
  const { host = "localhost", connection, "transfer-encoding": encoding } = request.headers;
  const forbidden = connectionNames(connection);
  const kept = headerPairs(request.rawHeaders).filter(([name]) => {
    const lower = name.toLowerCase();
    return !hopByHop.has(lower) && !forbidden.has(lower) && !ownHeaders.has(lower);
  });
  // Node frames the body of a GET or DELETE only when it is told to: unframed it would read as a second request.
  const framing = encoding === undefined ? [] : ["transfer-encoding", "chunked"];
  return [
    ...kept.flat(),
    ...framing,
    "host",
    host,
    "x-forwarded-host",
    host,
    "x-forwarded-proto",
    "http",
    invocationIdHeader,
    invocationId,
  ];
}

function connectionNames(connection: string | undefined): ReadonlySet<string> {
  return new Set((connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
}

function headerPairs(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2)
    pairs.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return pairs;
}
