import { BrokerError } from "../broker-error.ts";
import { decode } from "./decode.ts";
import { outcomeFields } from "./rhea-values.ts";
import type { Settlement } from "./settlement.ts";

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

function takeText(properties: Map<string, Buffer>, key: string): string | undefined {
  const encoded = properties.get(key);
  if (encoded === undefined) return undefined;
  properties.delete(key);
  const value = decode(encoded);
  return typeof value === "string" ? value : undefined;
}
