/** The AMQP error conditions that Service Bus clients understand, with the HTTP-like status that `$management` replies carry. */
export const conditions = {
  "amqp:not-found": 404,
  "amqp:not-allowed": 400,
  "amqp:not-implemented": 501,
  "amqp:invalid-field": 400,
  "amqp:decode-error": 400,
  "amqp:internal-error": 500,
  "amqp:unauthorized-access": 401,
  "amqp:resource-limit-exceeded": 403,
  "amqp:link:message-size-exceeded": 400,
  "amqp:link:stolen": 400,
  "amqp:link:detach-forced": 410,
  "amqp:precondition-failed": 412,
  "com.microsoft:argument-error": 400,
  "com.microsoft:argument-out-of-range": 400,
  "com.microsoft:entity-already-exists": 409,
  "com.microsoft:entity-disabled": 403,
  "com.microsoft:message-lock-lost": 410,
  "com.microsoft:message-not-found": 404,
  "com.microsoft:operation-cancelled": 499,
  "com.microsoft:server-busy": 503,
  "com.microsoft:session-cannot-be-locked": 409,
  "com.microsoft:session-lock-lost": 410,
  "com.microsoft:session-not-found": 404,
  "com.microsoft:timeout": 408,
} as const;

export type Condition = keyof typeof conditions;

/** An error that is told to the client: an AMQP condition and a sentence. Everything else that is thrown is a bug of the broker. */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  readonly condition: Condition;
  /** The DeadLetterReason of a message that could not be forwarded because of this error. */
  readonly reason: string | undefined;

  constructor(condition: Condition, description: string, options?: ErrorOptions & { reason?: string }) {
    super(description, options);
    this.condition = condition;
    this.reason = options?.reason;
  }

  get status(): number {
    return conditions[this.condition];
  }
}
