import type { Change } from "../store/message.ts";
import type { Source } from "../store/source.ts";
import { AmqpContent } from "./content.ts";

/** What a client may do with a message it has locked. */
export type Settlement =
  | { readonly kind: "complete" | "release" }
  | { readonly kind: "abandon" | "defer"; readonly properties: ReadonlyMap<string, Buffer> }
  | {
      readonly kind: "dead-letter";
      readonly reason: string | undefined;
      readonly description: string | undefined;
      readonly properties: ReadonlyMap<string, Buffer>;
    };

/** Does it. Throws message-lock-lost when the lock is gone. */
export function settle(source: Source, token: string, settlement: Settlement): void {
  source.life.touch();
  switch (settlement.kind) {
    case "complete":
      source.mailbox.complete(token);
      break;
    case "release":
      source.mailbox.release(token);
      break;
    case "abandon":
      source.mailbox.abandon(token, merge(settlement.properties));
      break;
    case "defer":
      source.mailbox.defer(token, merge(settlement.properties));
      break;
    default:
      source.deadLetter(token, settlement, merge(settlement.properties));
  }
}

/** Puts a settlement's properties among the message's application properties. */
function merge(properties: ReadonlyMap<string, Buffer>): Change | undefined {
  if (properties.size === 0) return undefined;
  return (content) =>
    content instanceof AmqpContent ? content.withApplicationProperties(properties) : content;
}
