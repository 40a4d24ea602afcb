import { BrokerError } from "./broker-error.ts";
import { maxAddressLength } from "./limits.ts";

/** What an AMQP address names: an entity, which of its queues, and whether its management node is meant. */
export interface Address {
  /** Queue or topic, as written. */
  readonly entity: string;
  readonly subscription: string | undefined;
  readonly subqueue: Subqueue;
  readonly management: boolean;
}

export type Subqueue = "main" | "dead-letter" | "transfer-dead-letter";

const managementSuffix = /\/\$management$/i;
const transferSuffix = /\/\$transfer\/\$deadletterqueue$/i;
const deadLetterSuffix = /\/\$deadletterqueue$/i;
const subscriptionPath = /^(.+)\/subscriptions\/([^/]+)$/i;

/** The path of an address: without scheme, host and outer slashes. Throws when it is longer than that of any entity can be. */
export function pathOf(address: string): string {
  if (address.length > maxAddressLength) {
    throw new BrokerError(
      "com.microsoft:argument-error",
      `An address has ${address.length} characters; the limit is ${maxAddressLength}.`,
    );
  }
  return address
    .trim()
    .replace(/^(?:amqps?|sb|https?):\/\/(?:\[[^\]]*\]|[^/:]*)(?::\d+)?(?=\/|$)/i, "")
    .replace(/^\/+|\/+$/g, "");
}

/** Reads an address: `queue`, `topic/Subscriptions/name`, either with `/$DeadLetterQueue`, any of these with `/$management`. */
export function parseAddress(address: string): Address {
  let path = pathOf(address);
  const management = managementSuffix.test(path);
  path = path.replace(managementSuffix, "");
  let subqueue: Subqueue = "main";
  if (transferSuffix.test(path)) {
    subqueue = "transfer-dead-letter";
    path = path.replace(transferSuffix, "");
  } else if (deadLetterSuffix.test(path)) {
    subqueue = "dead-letter";
    path = path.replace(deadLetterSuffix, "");
  }
  const parts = subscriptionPath.exec(path);
  return { entity: parts?.[1] ?? path, subscription: parts?.[2], subqueue, management };
}
