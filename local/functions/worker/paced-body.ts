import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";

/** The members of a handler's result from which the library makes a response. */
interface ResultLike {
  readonly status?: number;
  readonly headers?: unknown;
  readonly cookies?: unknown;
  readonly enableContentNegotiation?: unknown;
  readonly jsonBody?: unknown;
  readonly body?: unknown;
}

/** A body that is read no faster than the client takes it, and that ends with the client. */
export interface PacedBody {
  /** What the handler's result is replaced with. */
  readonly result: unknown;
  /** Ends the stream from the outside, as if its source had come to its end. */
  finish(): void;
  /** True after the client went away before the end: the library alone would have read on for ever. */
  wasAborted(): boolean;
}

/**
 * Puts a body that is a stream under the control of the connection; undefined for a result without one. The library writes such a
 * body without looking at back pressure and does not notice that its reader has gone. A result is recognised by its members and
 * not by its class, because a bundled app brings its own copy of HttpResponse.
 */
export function paceBody(result: unknown, response: ServerResponse): PacedBody | undefined {
  const source = isResultLike(result) ? streamOf(result) : undefined;
  if (source === undefined || !isResultLike(result)) return undefined;
  const { status, headers, cookies, enableContentNegotiation } = result;
  const reader = source.stream.getReader();
  const ending = new Ending(response);
  const stop = (): void => {
    // The source may fail while it is being stopped; nobody is left who could be told.
    void reader.cancel().catch(() => undefined);
    source.destroy();
  };
  const body = new ReadableStream<unknown>(
    {
      async pull(controller) {
        if (response.writableNeedDrain) await ending.orUntil(once(response, "drain"));
        const next = await ending.orUntil(reader.read());
        if (next === undefined) stop();
        else if (!next.done) return controller.enqueue(next.value);
        ending.reach("source");
        controller.close();
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  );
  return {
    result: { status, headers, cookies, enableContentNegotiation, body },
    finish: () => ending.reach("host"),
    wasAborted: () => ending.by === "client",
  };
}

/** Why a body came to its end. It holds one waiter at a time: racing against one lasting promise would keep a closure per chunk. */
class Ending {
  by: "client" | "host" | "source" | undefined;
  #wake: () => void = () => undefined;

  constructor(response: ServerResponse) {
    if (response.destroyed) this.reach("client");
    else response.once("close", () => this.reach("client"));
  }

  reach(by: "client" | "host" | "source"): void {
    this.by ??= by;
    this.#wake();
  }

  /** What the work yields, or undefined as soon as the end is reached. */
  orUntil<Value>(work: Promise<Value>): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      if (this.by === undefined) this.#wake = () => resolve(undefined);
      else resolve(undefined);
      work.then(resolve, reject);
    });
  }
}

function isResultLike(result: unknown): result is ResultLike {
  return typeof result === "object" && result !== null;
}

function isAsyncIterable(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

function streamOf({
  body,
  jsonBody,
}: ResultLike): { stream: ReadableStream; destroy: () => void } | undefined {
  if (jsonBody !== undefined && jsonBody !== null) return undefined;
  if (body instanceof ReadableStream) {
    return body.locked ? undefined : { stream: body, destroy: () => undefined };
  }
  if (!isAsyncIterable(body)) return undefined;
  // The platform's own Response turns the iterable into a stream, exactly as it would for the library.
  const { body: stream } = new Response(body);
  if (stream === null) return undefined;
  // Cancelling the stream waits for a read in progress, which may never come: a Readable can be ended at once.
  return { stream, destroy: () => (body instanceof Readable ? body.destroy() : undefined) };
}
