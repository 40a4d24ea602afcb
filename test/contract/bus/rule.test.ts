import type { CorrelationRuleFilter, RuleProperties, SqlRuleAction, SqlRuleFilter } from "@azure/service-bus";
import type { ServiceBusMessage } from "@azure/service-bus";
import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { bodies, one, take, whatever } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

interface Rule {
  filter: SqlRuleFilter | CorrelationRuleFilter;
  action?: SqlRuleAction;
}

/** A topic with one subscription that has these rules in place of `$Default`. */
async function subscriptionWith(rules: Record<string, Rule>) {
  const topic = await bus.topic();
  const subscription = await bus.subscription(topic);
  const manager = bus.client.createRuleManager(topic, subscription);
  await manager.deleteRule("$Default");
  for (const [name, { filter, action }] of Object.entries(rules))
    await manager.createRule(name, filter, action);
  const receiver = bus.client.createReceiver(topic, subscription);
  return { topic, manager, receiver, sender: bus.client.createSender(topic) };
}

async function listed(rules: AsyncIterable<RuleProperties>): Promise<RuleProperties[]> {
  const all: RuleProperties[] = [];
  // The library yields `undefined` once when there is no rule at all.
  for await (const rule of rules) if (rule) all.push(rule);
  return all;
}

describe.concurrent("the rules of a subscription", () => {
  test("are one that lets everything in, at first", async () => {
    const topic = await bus.topic();
    const manager = bus.client.createRuleManager(topic, await bus.subscription(topic));
    expect(await listed(manager.listRules())).toMatchObject([
      { name: "$Default", filter: { sqlExpression: "1=1" } },
    ]);
  });

  test("let nothing in when there is none", async () => {
    const { sender, receiver, manager } = await subscriptionWith({});
    await sender.sendMessages({ body: "nobody wants it" });
    expect(await listed(manager.listRules())).toEqual([]);
    expect(await whatever(receiver)).toEqual([]);
  });

  test("are listed as they were made", async () => {
    const { manager } = await subscriptionWith({
      correlated: {
        filter: { correlationId: "c", subject: "s", applicationProperties: { color: "red", size: 3 } },
      },
      sql: { filter: { sqlExpression: "color = 'blue'" }, action: { sqlExpression: "SET seen = TRUE" } },
    });
    const rules = await listed(manager.listRules());
    expect(rules.map((rule) => rule.name).sort()).toEqual(["correlated", "sql"]);
    expect(rules.find((rule) => rule.name === "correlated")?.filter).toMatchObject({
      correlationId: "c",
      subject: "s",
      applicationProperties: { color: "red", size: 3 },
    });
    expect(rules.find((rule) => rule.name === "sql")).toMatchObject({
      filter: { sqlExpression: "color = 'blue'" },
      action: { sqlExpression: "SET seen = TRUE" },
    });
  });

  test("act on what comes after they were made or removed, not on what is there", async () => {
    const { sender, receiver, manager } = await subscriptionWith({});
    await manager.createRule("red", { sqlExpression: "color = 'red'" });
    const red = { applicationProperties: { color: "red" } };
    await sender.sendMessages({ body: "first", ...red });
    await manager.deleteRule("red");
    await sender.sendMessages({ body: "second", ...red });
    await manager.createRule("all", { sqlExpression: "1=1" });
    await sender.sendMessages({ body: "third", ...red });
    expect(bodies(await take(receiver, 2))).toEqual(["first", "third"]);
  });

  test("keep $Default beside a rule that is added: everything still comes in, once", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    await bus.client
      .createRuleManager(topic, subscription)
      .createRule("red", { sqlExpression: "color = 'red'" });
    const messages = ["red", "blue"].map((color) => ({ body: color, applicationProperties: { color } }));
    await bus.client.createSender(topic).sendMessages(messages);
    const receiver = bus.client.createReceiver(topic, subscription);
    expect(bodies(await take(receiver, 2))).toEqual(["red", "blue"]);
    expect(await whatever(receiver)).toEqual([]);
  });

  test("cannot have one name twice", async () => {
    const { manager } = await subscriptionWith({ mine: { filter: { sqlExpression: "1=1" } } });
    await expect(manager.createRule("mine", { sqlExpression: "1=0" })).rejects.toMatchObject({
      code: "MessagingEntityAlreadyExists",
    });
  });

  test("cannot be removed when there is none of the name", async () => {
    const { manager } = await subscriptionWith({});
    await expect(manager.deleteRule("nobody")).rejects.toMatchObject({ code: "MessagingEntityNotFound" });
  });

  test("must be written in correct SQL", async () => {
    const { manager } = await subscriptionWith({});
    await expect(manager.createRule("bad", { sqlExpression: "color = = 'red'" })).rejects.toBeInstanceOf(
      Error,
    );
    await expect(
      manager.createRule("bad", { sqlExpression: "1=1" }, { sqlExpression: "SET" }),
    ).rejects.toBeInstanceOf(Error);
    expect(await listed(manager.listRules())).toEqual([]);
  });
});

describe.concurrent("a correlation filter", () => {
  const sent: ServiceBusMessage[] = [
    { body: "none" },
    { body: "correlated", correlationId: "c1" },
    { body: "subject", subject: "news" },
    { body: "both", correlationId: "c1", subject: "news" },
    { body: "property", applicationProperties: { color: "red", size: 3, flag: true } },
    { body: "addressed", to: "you", replyTo: "me", contentType: "text/plain", messageId: "m1" },
    { body: "session", sessionId: "s1", replyToSessionId: "r1" },
  ];
  const cases: [CorrelationRuleFilter, string[]][] = [
    [{ correlationId: "c1" }, ["correlated", "both"]],
    [{ subject: "news" }, ["subject", "both"]],
    [{ correlationId: "c1", subject: "news" }, ["both"]],
    [{ correlationId: "C1" }, []],
    [{ applicationProperties: { color: "red" } }, ["property"]],
    [{ applicationProperties: { color: "red", size: 3 } }, ["property"]],
    [{ applicationProperties: { color: "red", size: 4 } }, []],
    [{ applicationProperties: { flag: true } }, ["property"]],
    [{ to: "you", replyTo: "me" }, ["addressed"]],
    [{ contentType: "text/plain" }, ["addressed"]],
    [{ messageId: "m1" }, ["addressed"]],
    [{ sessionId: "s1" }, ["session"]],
    [{ replyToSessionId: "r1" }, ["session"]],
  ];
  test.each(cases)("%o takes %o", async (filter, expected) => {
    const { sender, receiver } = await subscriptionWith({ only: { filter } });
    await sender.sendMessages(sent);
    expect(bodies(await receiver.peekMessages(10))).toEqual(expected);
  });
});

describe.concurrent("an action", () => {
  test("sets, adds and removes properties of what its filter takes", async () => {
    const sqlExpression = "SET color = 'blue'; SET added = size * 2; REMOVE gone; SET sys.Label = 'changed'";
    const { sender, receiver } = await subscriptionWith({
      act: { filter: { sqlExpression: "color = 'red'" }, action: { sqlExpression } },
    });
    await sender.sendMessages({
      body: 1,
      subject: "as sent",
      applicationProperties: { color: "red", size: 4, gone: 1 },
    });
    const received = await one(receiver);
    expect(received.subject).toBe("changed");
    expect(received.applicationProperties).toMatchObject({ color: "blue", added: 8, size: 4 });
    expect(received.applicationProperties).not.toHaveProperty("gone");
  });

  test("changes the copy of its own subscription alone", async () => {
    const { topic, sender, receiver } = await subscriptionWith({
      act: { filter: { sqlExpression: "1=1" }, action: { sqlExpression: "SET mark = 'mine'" } },
    });
    const other = bus.client.createReceiver(topic, await bus.subscription(topic));
    await sender.sendMessages({ body: 1, applicationProperties: { mark: "as sent" } });
    expect((await one(receiver)).applicationProperties).toMatchObject({ mark: "mine" });
    expect((await one(other)).applicationProperties).toEqual({ mark: "as sent" });
  });

  test("gives a copy of its own for each rule that has one, and one for all that have none", async () => {
    const filter = { sqlExpression: "1=1" };
    const { sender, receiver } = await subscriptionWith({
      plain: { filter },
      alsoPlain: { filter },
      first: { filter, action: { sqlExpression: "SET by = 'first'" } },
      second: { filter, action: { sqlExpression: "SET by = 'second'" } },
    });
    await sender.sendMessages({ body: 1 });
    const received = await take(receiver, 3);
    expect(received.map((message) => String(message.applicationProperties?.["by"])).sort()).toEqual([
      "first",
      "second",
      "undefined",
    ]);
    expect(await whatever(receiver)).toEqual([]);
  });

  test("tells by which rule it was made", async () => {
    const { sender, receiver } = await subscriptionWith({
      act: { filter: { sqlExpression: "1=1" }, action: { sqlExpression: "SET a = 1" } },
    });
    await sender.sendMessages({ body: 1 });
    expect((await one(receiver)).applicationProperties).toEqual({ a: 1, RuleName: "act" });
  });

  test("leaves the body as it was", async () => {
    const { sender, receiver } = await subscriptionWith({
      act: { filter: { sqlExpression: "1=1" }, action: { sqlExpression: "SET a = 1" } },
    });
    const body = Buffer.from([0, 1, 2, 255]);
    await sender.sendMessages({ body, contentType: "application/octet-stream", timeToLive: 60_000 });
    expect(await one(receiver)).toMatchObject({
      body,
      contentType: "application/octet-stream",
      timeToLive: 60_000,
    });
  });
});
