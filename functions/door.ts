import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import { RestError } from "@azure/data-tables";
import { BusError } from "../shared/bus/outbox.ts";
import { Problem } from "../shared/kernel/problem.ts";
import { runtime } from "./app-runtime.ts";

/** What a door's handler gets: the request and what the platform knows of the call. */
export type Open = (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>;

/**
 * Wraps every HTTP handler: counts it in flight, refuses new work while this instance drains or is passive, and turns whatever is
 * thrown into problem+json. A handler must never throw out of here: with streaming on, the real host would leave the caller
 * without an answer.
 */
export function door(open: Open): HttpHandler {
  return async (request, context) => {
    const leave = runtime.inFlight.enter();
    try {
      refuseUnlessServing();
      return await open(request, context);
    } catch (error) {
      return toProblemResponse(error, context);
    } finally {
      leave();
    }
  };
}

function refuseUnlessServing(): void {
  const { lifetime, registration } = runtime;
  if (lifetime.isDraining) {
    throw new Problem("unavailable", "This instance is recycling; another one serves", {
      retryAfterSeconds: lifetime.retryAfterSeconds,
    });
  }
  if (registration.state === "passive") {
    throw new Problem(
      "unavailable",
      "Another process has taken over this instance; this one serves nothing",
      { retryAfterSeconds: 5 },
    );
  }
}

/** An answer for whatever was thrown. Only a Problem's text goes out; the rest is in the log, under the invocation id. */
export function toProblemResponse(error: unknown, context: InvocationContext): HttpResponseInit {
  const problem = toProblem(error);
  if (problem.status >= 500 && !(error instanceof Problem)) context.error(error);
  return {
    status: problem.status,
    headers: {
      "content-type": "application/problem+json",
      ...(problem.retryAfterSeconds === undefined
        ? {}
        : { "retry-after": String(problem.retryAfterSeconds) }),
    },
    body: JSON.stringify({
      ...problem.toDetails(),
      instance: `urn:interrole:invocation:${context.invocationId}`,
    }),
  };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof RestError || error instanceof BusError) {
    return new Problem(
      "unavailable",
      "A service that this one rests on cannot be reached; repeat the request with the same Idempotency-Key",
      { retryAfterSeconds: 5 },
    );
  }
  return new Problem(
    "internal",
    "The request could not be handled; the log has the reason under this invocation's id",
  );
}

/** An answer with a JSON body. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponseInit {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
  };
}
