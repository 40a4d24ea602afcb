import { encodeList, encodeMap, encodeString } from "../amqp/encode.ts";
import { BrokerError } from "../broker-error.ts";
import { answer, nothing, type Operands, type Operation } from "./operation.ts";
import { encodeRule, readRule } from "./rules.ts";

/** Operations on the rules of a subscription. */
export const ruleOperations: Readonly<Record<string, Operation>> = {
  "com.microsoft:add-rule": add,
  "com.microsoft:remove-rule": remove,
  "com.microsoft:enumerate-rules": enumerate,
};

function add(operands: Operands) {
  const [topic, subscription] = subscriptionOf(operands);
  operands.namespace.addRule(topic, subscription, readRule(operands.request));
  return answer({});
}

function remove(operands: Operands) {
  const [topic, subscription] = subscriptionOf(operands);
  operands.namespace.removeRule(topic, subscription, operands.request.text("rule-name"));
  return answer({});
}

function enumerate(operands: Operands) {
  const [topic, subscription] = subscriptionOf(operands);
  const { request, namespace } = operands;
  const all = namespace.rules(topic, subscription);
  const skip = request.optionalCount("skip") ?? 0;
  const page = all.slice(skip, skip + (request.optionalCount("top") ?? all.length));
  if (page.length === 0) return nothing;
  const rules = page.map((rule) => encodeMap([encodeString("rule-description"), encodeRule(rule)]));
  return answer({ rules: encodeList(rules) });
}

function subscriptionOf({ address }: Operands): [topic: string, subscription: string] {
  if (address.subscription !== undefined) return [address.entity, address.subscription];
  throw new BrokerError("amqp:not-allowed", `'${address.entity}' is not a subscription, so it has no rules.`);
}
