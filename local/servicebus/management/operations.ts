import type { Reply } from "../amqp/request.ts";
import { BrokerError } from "../broker-error.ts";
import { shown } from "../amqp/value.ts";
import { messageOperations } from "./message-operations.ts";
import type { Operands, Operation } from "./operation.ts";
import { ruleOperations } from "./rule-operations.ts";
import { sessionOperations } from "./session-operations.ts";

const operations = new Map<string, Operation>(
  Object.entries({ ...messageOperations, ...sessionOperations, ...ruleOperations }),
);

/** Does what a management request asks for. Throws BrokerError with what the client is to be told. */
export function runOperation(name: unknown, operands: Operands): Reply {
  const operation = typeof name === "string" ? operations.get(name) : undefined;
  if (operation === undefined)
    throw new BrokerError("amqp:not-implemented", `The operation '${shown(name)}' is not known.`);
  return operation(operands);
}
