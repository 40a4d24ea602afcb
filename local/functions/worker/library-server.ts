import { Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Server as NetServer } from "node:net";

/** Longer than any pause of the host's own connections, so that the host never sends into a connection that is just closing. */
const keepAliveMs = 10 * 60_000;

const loopback = "127.0.0.1";
const invocationIdHeader = "x-ms-invocation-id";

/**
 * The HTTP server that the library starts in the worker when HTTP streaming is on. The library keeps it to itself; the stand-in
 * needs it to see each invocation's response, which is how a response that the library would leave open forever gets ended.
 */
export class LibraryServer {
  readonly #responses = new Map<string, ServerResponse>();

  constructor(server: HttpServer) {
    server.keepAliveTimeout = keepAliveMs;
    server.prependListener("request", (request: IncomingMessage, response: ServerResponse) =>
      this.#remember(request, response),
    );
  }

  /** The response of an invocation whose request has arrived and whose connection is still there. */
  responseOf(invocationId: string): ServerResponse | undefined {
    return this.#responses.get(invocationId);
  }

  /** The responses that are open now. */
  openResponses(): ServerResponse[] {
    return [...this.#responses.values()];
  }

  #remember(request: IncomingMessage, response: ServerResponse): void {
    const id = request.headers[invocationIdHeader];
    if (typeof id !== "string") {
      // Nobody but the host should call this server; the library would leave the caller waiting for ever.
      response.writeHead(400).end();
      return;
    }
    this.#responses.set(id, response);
    response.once("close", () => this.#responses.delete(id));
  }
}

/**
 * Calls `start` and catches the HTTP server that it starts synchronously, bound to the loopback address instead of all: the
 * library gives no way to choose, and a laptop's functions must not be reachable from the network behind the host's back.
 */
export async function catchServer<Result>(
  start: () => Result,
): Promise<{ result: Awaited<Result>; server: LibraryServer | undefined }> {
  let server: LibraryServer | undefined;
  const listen: unknown = Reflect.get(NetServer.prototype, "listen");
  if (typeof listen !== "function") throw new TypeError("net.Server has no listen");
  Reflect.set(
    NetServer.prototype,
    "listen",
    function listenOnLoopback(this: unknown, ...args: unknown[]): unknown {
      const [callback] = args;
      if (!(this instanceof HttpServer) || typeof callback !== "function")
        return Reflect.apply(listen, this, args);
      server = new LibraryServer(this);
      return Reflect.apply(listen, this, [0, loopback, callback]);
    },
  );
  let result: Result;
  try {
    result = start();
  } finally {
    Reflect.set(NetServer.prototype, "listen", listen);
  }
  return { result: await result, server };
}

/** The address under which the host reaches the library's server: it names `localhost`, which may be another address family. */
export function onLoopback(httpUri: string): string {
  const url = new URL(httpUri);
  if (url.hostname === "localhost") url.hostname = loopback;
  return url.href;
}
