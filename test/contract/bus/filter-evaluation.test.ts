import type { ServiceBusMessage, SqlRuleAction, SqlRuleFilter } from "@azure/service-bus";
import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { bodies, one, take, whatever } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

interface Made {
  filter: SqlRuleFilter;
  action?: SqlRuleAction;
  deadLetterOnFilterError?: boolean;
}

/** A topic with one subscription whose only rule is made through the administration API, which carries parameters. */
async function subscribed({ filter, action, deadLetterOnFilterError = false }: Made) {
  const topic = await bus.topic();
  const subscription = await bus.subscription(topic, { deadLetterOnFilterError });
  const operation = action ?? {};
  await bus.admin.createRule(topic, subscription, "only", filter, operation);
  await bus.admin.deleteRule(topic, subscription, "$Default");
  return {
    topic,
    sender: bus.client.createSender(topic),
    receiver: bus.client.createReceiver(topic, subscription),
    dead: bus.client.createReceiver(topic, subscription, { subQueueType: "deadLetter" }),
  };
}

describe.concurrent("a SQL filter's parameters", () => {
  test("are compared by their type", async () => {
    const { sender, receiver } = await subscribed({
      filter: {
        sqlExpression: "text = @text AND number >= @number AND truth = @truth",
        sqlParameters: {
          "@text": "it's",
          "@number": 2,
          "@truth": true,
        },
      },
    });
    const matching = { text: "it's", number: 2, truth: true };
    const messages: ServiceBusMessage[] = [
      { body: "matching", applicationProperties: matching },
      { body: "smaller", applicationProperties: { ...matching, number: 1.99 } },
      { body: "as text", applicationProperties: { ...matching, number: "2" } },
    ];
    await sender.sendMessages(messages);
    expect(bodies(await receiver.peekMessages(10))).toEqual(["matching"]);
  });

  test("are needed when the text names them", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    await expect(
      bus.admin.createRule(topic, subscription, "r", { sqlExpression: "a = @missing" }),
    ).rejects.toMatchObject({ statusCode: 400, message: expect.stringContaining("@missing") });
  });
});

describe.concurrent("numbers in a SQL filter", () => {
  test("are whole beyond what a floating-point number can tell apart", async () => {
    const { sender, receiver } = await subscribed({
      filter: { sqlExpression: "n = 9007199254740991 AND n + 1 > n" },
    });
    await sender.sendMessages([
      { body: "equal", applicationProperties: { n: 9_007_199_254_740_991 } },
      { body: "one less", applicationProperties: { n: 9_007_199_254_740_990 } },
    ]);
    expect(bodies(await receiver.peekMessages(10))).toEqual(["equal"]);
  });

  test("are divided as whole numbers unless one of them is none", async () => {
    const { sender, receiver } = await subscribed({
      filter: { sqlExpression: "n / 2 = 3 OR n / 2.0 = 2.5" },
    });
    await sender.sendMessages([6, 7, 8, 5].map((n) => ({ body: n, applicationProperties: { n } })));
    expect(bodies(await receiver.peekMessages(10))).toEqual([6, 7, 5]);
  });
});

describe.concurrent("a filter or an action that cannot be evaluated", () => {
  const filter = { sqlExpression: "100 / n > 10" };

  test("lets the message go when the subscription asks for nothing else", async () => {
    const { sender, receiver, dead } = await subscribed({ filter });
    await sender.sendMessages([0, 5, 0].map((n) => ({ body: n, applicationProperties: { n } })));
    expect((await one(receiver)).body).toBe(5);
    expect(await whatever(dead)).toEqual([]);
  });

  test("dead-letters the message when the subscription asks for it", async () => {
    const { sender, receiver, dead } = await subscribed({ filter, deadLetterOnFilterError: true });
    await sender.sendMessages([0, 5].map((n) => ({ body: n, applicationProperties: { n } })));
    expect((await one(receiver)).body).toBe(5);
    const message = await one(dead);
    expect(message.body).toBe(0);
    expect(message.deadLetterErrorDescription).toContain("division by zero");
  });

  test("dead-letters a message that an action fails for", async () => {
    const action = { sqlExpression: "SET half = 100 / n" };
    const made = { filter: { sqlExpression: "1=1" }, action, deadLetterOnFilterError: true };
    const { sender, receiver, dead } = await subscribed(made);
    await sender.sendMessages([0, 5].map((n) => ({ body: n, applicationProperties: { n } })));
    expect(await one(receiver)).toMatchObject({ body: 5, applicationProperties: { half: 20 } });
    expect((await one(dead)).body).toBe(0);
  });

  test("is no matter to the other subscriptions of the topic", async () => {
    const { topic, sender } = await subscribed({ filter });
    const other = bus.client.createReceiver(topic, await bus.subscription(topic));
    await sender.sendMessages([0, 5].map((n) => ({ body: n, applicationProperties: { n } })));
    expect(bodies(await take(other, 2))).toEqual([0, 5]);
  });

  test("counts a system property that does not exist as one", async () => {
    const made = { filter: { sqlExpression: "sys.Nonsense = 1" }, deadLetterOnFilterError: true };
    const { sender, dead } = await subscribed(made);
    await sender.sendMessages({ body: "x" });
    expect((await one(dead)).deadLetterErrorDescription).toContain("Nonsense");
  });
});

describe.concurrent("an action", () => {
  test("takes parameters, and later statements see what earlier ones did", async () => {
    const { sender, receiver } = await subscribed({
      filter: { sqlExpression: "1=1" },
      action: {
        sqlExpression:
          "SET total = price * @rate; SET sys.Subject = 'total ' + @unit; SET seen = sys.Label; REMOVE price",
        sqlParameters: { "@rate": 2, "@unit": "EUR" },
      },
    });
    await sender.sendMessages({ body: 1, applicationProperties: { price: 1.25 } });
    const message = await one(receiver);
    expect(message.subject).toBe("total EUR");
    expect(message.applicationProperties).toMatchObject({ total: 2.5, seen: "total EUR" });
    expect(message.applicationProperties).not.toHaveProperty("price");
  });

  test("keeps the type that a property has", async () => {
    const { sender, receiver } = await subscribed({
      filter: { sqlExpression: "1=1" },
      action: { sqlExpression: "SET quantity = quantity / 2; SET code = 7; SET flag = 'false'" },
    });
    await sender.sendMessages({ body: 1, applicationProperties: { quantity: 7, code: "A", flag: true } });
    expect((await one(receiver)).applicationProperties).toMatchObject({
      quantity: 3,
      code: "7",
      flag: false,
    });
  });

  test("may make an id of its own", async () => {
    const { sender, receiver } = await subscribed({
      filter: { sqlExpression: "1=1" },
      action: { sqlExpression: "SET sys.CorrelationId = newid()" },
    });
    await sender.sendMessages([{ body: 1 }, { body: 2 }]);
    const [first, second] = await take(receiver, 2);
    expect(first?.correlationId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(second?.correlationId).not.toBe(first?.correlationId);
  });
});
