import type { ServerResponse } from "node:http";
import type { InvocationModel, ModelResponse } from "./core-types.ts";
import type { LibraryServer } from "./library-server.ts";
import { paceBody, type PacedBody } from "./paced-body.ts";

/** What an exchange tells when the real host would not have done what it does. */
export type Warn = (message: string) => void;

const failureStatus = 500;
const emptyStatus = 204;

/**
 * The worker's half of one streamed HTTP response. The library answers only when a handler returned an object that it can turn into
 * a response and whose body came to its end; in every other case the client would wait for ever. Each case that is made
 * good here is told, because in Azure it is a hang.
 */
export class HttpExchange {
  readonly #invocationId: string;
  readonly #server: LibraryServer;
  readonly #bodies: Set<PacedBody>;
  readonly #warn: Warn;

  constructor(invocationId: string, server: LibraryServer, bodies: Set<PacedBody>, warn: Warn) {
    this.#invocationId = invocationId;
    this.#server = server;
    this.#bodies = bodies;
    this.#warn = warn;
  }

  /** Has the library write the response of a handler that returned. */
  async respond(model: InvocationModel, context: unknown, result: unknown): Promise<ModelResponse> {
    const response = this.#server.responseOf(this.#invocationId);
    if (result === undefined || result === null) {
      this.#warn(`The handler returned ${result}: answered ${emptyStatus}; the real host would hang.`);
      return model.getResponse(context, { status: emptyStatus });
    }
    const body = response === undefined ? undefined : paceBody(result, response);
    if (body !== undefined) this.#bodies.add(body);
    try {
      return await model.getResponse(context, body?.result ?? result);
    } catch (error) {
      await this.fail(model, context, response);
      throw error;
    } finally {
      if (body !== undefined) this.#finished(body);
    }
  }

  /** Answers for an invocation that failed: 500 if nothing was sent yet, else a broken connection. */
  async fail(
    model: InvocationModel,
    context: unknown,
    response: ServerResponse | undefined = this.#server.responseOf(this.#invocationId),
  ): Promise<void> {
    if (response === undefined || response.writableEnded || response.destroyed) return;
    if (response.headersSent) {
      this.#warn("The response failed after its first bytes: connection closed; the real host would hang.");
      response.destroy();
      return;
    }
    this.#warn(`The invocation failed: answered ${failureStatus}; the real host would hang.`);
    try {
      // Through the library, so that it forgets the exchange too.
      await model.getResponse(context, { status: failureStatus });
    } catch {
      // The library has already let go of the response, or one of the other outputs cannot be converted.
    }
    if (response.writableEnded) return;
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.statusCode = failureStatus;
    response.end();
  }

  #finished(body: PacedBody): void {
    this.#bodies.delete(body);
    if (body.wasAborted()) {
      this.#warn("The client went away: the body's source was cancelled; the real host would read on.");
    }
  }
}
