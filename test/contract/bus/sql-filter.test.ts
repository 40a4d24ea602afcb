import type { ServiceBusMessage } from "@azure/service-bus";
import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { bodies } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

/** What each filter below is shown; the body is the name that the table uses. */
const shown: ServiceBusMessage[] = [
  { body: "red", subject: "fruit", applicationProperties: { color: "red", size: 3, ripe: true, price: 1.5 } },
  {
    body: "blue",
    subject: "Fruit",
    applicationProperties: { color: "blue", size: 10, ripe: false, price: -2 },
  },
  { body: "none", messageId: "the-id", correlationId: "c", to: "you", replyTo: "me", contentType: "text" },
  {
    body: "null",
    sessionId: "s1",
    applicationProperties: { color: null, "odd name": "x", when: new Date(0) },
  },
];

const cases: [expression: string, taken: string[]][] = [
  // Comparisons
  ["color = 'red'", ["red"]],
  ["color <> 'red'", ["blue"]],
  ["color != 'red'", ["blue"]],
  ["size > 3", ["blue"]],
  ["size >= 3", ["red", "blue"]],
  ["size < 10 AND price > 1", ["red"]],
  ["3 = size", ["red"]],
  ["ripe = TRUE", ["red"]],
  ["ripe = false", ["blue"]],
  ["'red' = user.color", ["red"]],
  ["COLOR = 'red'", ["red"]],
  ["[color] = 'red'", ["red"]],
  ["\"odd name\" = 'x'", ["null"]],
  ["[odd name] = 'x'", ["null"]],
  ["price = 1.5", ["red"]],
  ["price < 0", ["blue"]],
  ["size = 3.0", ["red"]],
  ["size = 'x'", []],
  // Logic of three values: what is unknown is not true, and its negation is not true either
  ["NOT color = 'red'", ["blue"]],
  ["NOT (color = 'red')", ["blue"]],
  ["missing = 1", []],
  ["NOT missing = 1", []],
  ["missing = 1 OR color = 'red'", ["red"]],
  ["NOT (missing = 1 AND color = 'red')", ["blue"]],
  ["color = NULL", []],
  ["color IS NULL", ["none", "null"]],
  ["color IS NOT NULL", ["red", "blue"]],
  ["missing IS NULL", ["red", "blue", "none", "null"]],
  ["color = 'red' OR color = 'blue' AND size = 3", ["red"]],
  ["(color = 'red' OR color = 'blue') AND size = 10", ["blue"]],
  // EXISTS asks whether there is such a property, whatever its value
  ["EXISTS(color)", ["red", "blue", "null"]],
  ["NOT EXISTS(color)", ["none"]],
  ["EXISTS(user.size) AND size > 5", ["blue"]],
  // IN and LIKE
  ["color IN ('red', 'green')", ["red"]],
  ["color NOT IN ('red', 'green')", ["blue"]],
  ["size IN (1, 2, 3)", ["red"]],
  ["color LIKE 'r%'", ["red"]],
  ["color LIKE '_lue'", ["blue"]],
  ["color LIKE '%e%'", ["red", "blue"]],
  ["color NOT LIKE 'r%'", ["blue"]],
  ["color LIKE 'R%'", []],
  ["sys.MessageId LIKE 'the!-id' ESCAPE '!'", ["none"]],
  // Arithmetic
  ["size + 1 = 4", ["red"]],
  ["size * 2 > 19", ["blue"]],
  ["size - 3 = 0", ["red"]],
  ["size / 2 = 5", ["blue"]],
  ["size % 2 = 1", ["red"]],
  ["-size = -3", ["red"]],
  ["price * 2 = 3", ["red"]],
  ["size + price = 4.5", ["red"]],
  ["2 + 3 * 2 = 8 AND EXISTS(size)", ["red", "blue"]],
  // System properties
  ["sys.Label = 'fruit'", ["red"]],
  ["sys.label = 'fruit'", ["red"]],
  ["sys.MessageId = 'the-id'", ["none"]],
  ["sys.CorrelationId = 'c'", ["none"]],
  ["sys.To = 'you' AND sys.ReplyTo = 'me'", ["none"]],
  ["sys.ContentType = 'text'", ["none"]],
  ["sys.SessionId = 's1'", ["null"]],
  ["sys.Label IS NULL", ["none", "null"]],
  // Constants
  ["1=1", ["red", "blue", "none", "null"]],
  ["1=0", []],
  ["size = 1e1", ["blue"]],
  ["color = 'it''s'", []],
];

/** A subscription for each expression on one topic, so that every message is sent once. */
async function subscriptionPerExpression(): Promise<Map<string, unknown[]>> {
  const topic = await bus.topic();
  const receivers = await Promise.all(
    cases.map(async ([expression]) => {
      const subscription = await bus.subscription(topic);
      const manager = bus.client.createRuleManager(topic, subscription);
      await manager.createRule("only", { sqlExpression: expression });
      await manager.deleteRule("$Default");
      return [expression, bus.client.createReceiver(topic, subscription)] as const;
    }),
  );
  await bus.client.createSender(topic).sendMessages(shown);
  const taken = new Map<string, unknown[]>();
  for (const [expression, receiver] of receivers)
    taken.set(expression, bodies(await receiver.peekMessages(10)));
  return taken;
}

describe("a SQL filter", async () => {
  const taken = await subscriptionPerExpression();
  test.each(cases)("%s takes %o", (expression, expected) => {
    expect(taken.get(expression)).toEqual(expected);
  });
});
