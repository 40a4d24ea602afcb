import type { BrokerError } from "../broker-error.ts";

/** A link that is attached, as its connection keeps it. */
export interface OpenLink {
  readonly name: string;
  /** What a token must cover; undefined for `$cbs`. */
  readonly resource: string | undefined;
  /** Ends the link with an error that the client sees. */
  end(error: BrokerError): void;
  /** Lets go of everything the link holds; it is closed or its connection is gone. Called once. */
  dispose(): void;
}

/** With all three fields: rhea leaves out those at the end that have no value, and a client that counts on them would hang. */
export function amqpError(error: BrokerError) {
  return { condition: error.condition, description: error.message, info: {} };
}
