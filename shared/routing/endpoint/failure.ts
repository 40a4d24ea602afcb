import { Problem } from "../../kernel/problem.ts";
import { reasonOf } from "../../kernel/log.ts";
import type { Answer } from "./ports.ts";

/**
 * What a failure is about: this message, which nobody will take (no backup is tried); this target, which will never take it; or this moment.
 */
export type FailureScope = "message" | "target" | "moment";

export interface FailureFacts {
  status?: number;
  answer?: Answer;
  isTimeout?: boolean;
  cause?: unknown;
}

/** An endpoint did not take a message. */
export class EndpointFailure extends Error {
  override readonly name = "EndpointFailure";
  readonly scope: FailureScope;
  readonly status: number | undefined;
  readonly answer: Answer | undefined;
  readonly isTimeout: boolean;

  constructor(scope: FailureScope, message: string, facts: FailureFacts = {}) {
    super(message, { cause: facts.cause });
    this.scope = scope;
    this.status = facts.status;
    this.answer = facts.answer;
    this.isTimeout = facts.isTimeout ?? false;
  }
}

const tooManyRequests = 429;
const loopDetected = 508;

/** Whatever a call threw, as a failure. Of a Problem its status says whether a later try may do better. */
export function toFailure(error: unknown): EndpointFailure {
  if (error instanceof EndpointFailure) return error;
  if (!(error instanceof Problem)) return new EndpointFailure("moment", reasonOf(error), { cause: error });
  const { status, kind } = error;
  const mayWorkLater =
    (status >= 500 && status !== loopDetected) || status === tooManyRequests || kind === "unknown-user";
  return new EndpointFailure(mayWorkLater ? "moment" : "target", error.message, {
    isTimeout: kind === "endpoint-timeout",
    cause: error,
  });
}
