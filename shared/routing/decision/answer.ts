import { Problem } from "../../kernel/problem.ts";
import type { Answer, Outcome } from "../endpoint/ports.ts";
import type { Branch } from "../routed-message.ts";

/**
 * The answer to a request, of the service that took it or of the last one that spoke. Throws Problem when there is none: `endpoint-timeout`,
 * `endpoint-failed`, `unavailable`.
 */
export function answerOf(outcome: Outcome, { endpoint }: Branch): Answer {
  if (outcome.kind === "skipped") {
    throw new Problem(
      "unavailable",
      `No service of '${endpoint}' is called just now: each has failed several times in a row`,
      { retryAfterSeconds: Math.max(1, Math.ceil(outcome.afterMs / 1_000)) },
    );
  }
  if (outcome.answer) return outcome.answer;
  if (outcome.kind === "taken") {
    throw new Problem(
      "endpoint-failed",
      `The service '${outcome.endpoint}' took the request, but its answer is too large to be passed on`,
    );
  }
  const told = outcome.attempts.map(({ endpoint, error }) => `${endpoint}: ${error ?? "failed"}`).join("; ");
  const isLate = outcome.attempts.length > 0 && outcome.attempts.every(({ isTimeout }) => isTimeout);
  throw new Problem(
    isLate ? "endpoint-timeout" : "endpoint-failed",
    `No service of '${endpoint}' answered the request: ${told || "none was tried"}`,
  );
}
