import { BrokerError } from "../broker-error.ts";
import type { Change } from "../store/message.ts";
import type { Source } from "../store/source.ts";
import { AmqpContent } from "./content.ts";
import { decode } from "./decode.ts";
import { outcomeFields } from "./rhea-internals.ts";

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

const reasonKey = "DeadLetterReason";
const descriptionKey = "DeadLetterErrorDescription";

/** What an AMQP outcome means here. */
export function readOutcome(name: string, state: unknown): Settlement {
  switch (name) {
    case "accepted":
      return { kind: "complete" };
    case "released":
      return { kind: "release" };
    case "modified": {
      const { undeliverableHere, properties } = outcomeFields(state);
      return { kind: undeliverableHere ? "defer" : "abandon", properties };
    }
    case "rejected": {
      const { condition, description, properties } = outcomeFields(state);
      const given = takeText(properties, reasonKey);
      const ownCondition = condition === "com.microsoft:dead-letter" ? undefined : condition;
      return {
        kind: "dead-letter",
        reason: given ?? ownCondition,
        description: takeText(properties, descriptionKey) ?? description,
        properties,
      };
    }
    default:
      throw new BrokerError("amqp:not-implemented", `The delivery state '${name}' is not supported.`);
  }
}

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
  return (content) => (content instanceof AmqpContent ? content.withApplicationProperties(properties) : content);
}

function takeText(properties: Map<string, Buffer>, key: string): string | undefined {
  const encoded = properties.get(key);
  if (encoded === undefined) return undefined;
  properties.delete(key);
  const value = decode(encoded);
  return typeof value === "string" ? value : undefined;
}
