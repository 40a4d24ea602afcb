/** Every kind of error that a caller can meet, with its status and title. The `type` URN of a kind never changes. */
export const problemKinds = {
  "invalid-request": [400, "The request is not valid"],
  "unknown-role": [404, "No such role"],
  "unknown-instance": [404, "No such instance"],
  "unknown-operation": [404, "No such operation"],
  "unknown-session": [404, "No such session"],
  "unknown-user": [404, "No such user is connected"],
  "unknown-counter": [404, "No such counter"],
  "unknown-table": [404, "No such routing table"],
  "unknown-version": [404, "No such version of the routing table"],
  "unknown-inbound": [404, "No such inbound endpoint"],
  "unknown-message": [404, "No such message"],
  "no-match": [404, "No rule matches the message"],
  "ambiguous-match": [409, "More than one endpoint matches the request"],
  "session-closed": [410, "The session has ended"],
  "not-authorised": [401, "No valid session token was presented"],
  "not-yours": [403, "The session token is another session's"],
  "instance-not-gone": [409, "The instance is not gone"],
  "operation-ended": [409, "The operation has ended"],
  "counter-overflow": [409, "The counter cannot go that far"],
  "table-changed": [412, "The routing table has changed meanwhile"],
  "payload-too-large": [413, "The request body is too large"],
  "unsupported-media-type": [415, "The request body is not JSON"],
  "key-reused": [422, "The Idempotency-Key was used with another request"],
  "too-many-branches": [422, "The message matches too many endpoints"],
  "precondition-required": [428, "The request must say which version it replaces"],
  "mailbox-full": [429, "Too many messages wait for this session"],
  "too-many-sessions": [429, "This user has too many sessions"],
  "too-many-requests": [429, "This session sends too quickly"],
  internal: [500, "Something went wrong on our side"],
  "counter-unreadable": [500, "The counter's state cannot be read"],
  "table-unreadable": [500, "The stored routing table cannot be read"],
  "missing-entity": [500, "A Service Bus entity that this needs does not exist"],
  "endpoint-failed": [502, "The service did not take the message"],
  "counter-busy": [503, "The counter was not free in time"],
  "outcome-unknown": [503, "The outcome is not known"],
  unavailable: [503, "Not available right now"],
  "not-loaded": [503, "The routing table is not loaded"],
  "endpoint-timeout": [504, "The service did not answer in time"],
  "too-many-hops": [508, "The message has been through too many routers"],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemKind = keyof typeof problemKinds;

/** One thing that is wrong with an input: where, as a path, and what is allowed there. */
export interface InputFault {
  path: string;
  message: string;
}

export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: readonly InputFault[];
}

/**
 * An error that is the caller's to read (RFC 9457). Whatever else is thrown is a bug or an outage and is told as `internal`,
 * without its text.
 */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly kind: ProblemKind;
  readonly errors: readonly InputFault[];
  /** When it makes sense to try again, in seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: ProblemKind,
    detail: string,
    options: { errors?: readonly InputFault[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.kind = kind;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return problemKinds[this.kind][0];
  }

  /** The body of an application/problem+json answer. */
  toDetails(): ProblemDetails {
    const [status, title] = problemKinds[this.kind];
    return {
      type: `urn:interrole:problem:${this.kind}`,
      title,
      status,
      detail: this.message,
      ...(this.errors.length > 0 ? { errors: this.errors } : {}),
    };
  }
}
