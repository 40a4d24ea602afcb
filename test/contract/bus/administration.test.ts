import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { numbered, one, take } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What the library calls an error of the administration API. */
const error = (code: string) => ({ code });

describe.concurrent("a queue, through the administration client", () => {
  test("is made with everything that was asked for, and can be used", async () => {
    const name = bus.nameFor("made");
    const other = await bus.queue();
    const options = {
      lockDuration: "PT45S",
      maxDeliveryCount: 7,
      requiresSession: true,
      requiresDuplicateDetection: true,
      duplicateDetectionHistoryTimeWindow: "PT2M",
      defaultMessageTimeToLive: "PT1H",
      deadLetteringOnMessageExpiration: true,
      forwardDeadLetteredMessagesTo: other,
      userMetadata: "a <note> & more",
    };
    const { forwardDeadLetteredMessagesTo, ...plain } = options;
    expect(await bus.admin.createQueue(name, options)).toMatchObject({ name, ...plain });
    const found = await bus.admin.getQueue(name);
    expect(found).toMatchObject({ name, status: "Active", ...plain });
    expect(found.forwardDeadLetteredMessagesTo).toContain(forwardDeadLetteredMessagesTo);
    await bus.client.createSender(name).sendMessages({ body: "works", sessionId: "s" });
    expect((await one(await bus.client.acceptSession(name, "s"))).body).toBe("works");
    await bus.admin.deleteQueue(name);
  });

  test("has the defaults of Service Bus where nothing is said", async () => {
    const name = bus.nameFor("plain");
    expect(await bus.admin.createQueue(name)).toMatchObject({
      lockDuration: "PT1M",
      maxDeliveryCount: 10,
      requiresSession: false,
      requiresDuplicateDetection: false,
      deadLetteringOnMessageExpiration: false,
      status: "Active",
    });
    await bus.admin.deleteQueue(name);
  });

  test("can be changed", async () => {
    const name = bus.nameFor("changed");
    const queue = await bus.admin.createQueue(name);
    const changed = { maxDeliveryCount: 3, lockDuration: "PT30S", status: "SendDisabled" as const };
    expect(await bus.admin.updateQueue({ ...queue, ...changed })).toMatchObject(changed);
    expect(await bus.admin.getQueue(name)).toMatchObject(changed);
    const client = bus.newClient({ retryOptions: { maxRetries: 0 } });
    await expect(client.createSender(name).sendMessages({ body: 1 })).rejects.toMatchObject({
      code: "MessagingEntityDisabled",
    });
    await bus.admin.deleteQueue(name);
  });

  test("is gone when it is deleted", async () => {
    const name = await bus.queue();
    expect(await bus.admin.queueExists(name)).toBe(true);
    await bus.admin.deleteQueue(name);
    expect(await bus.admin.queueExists(name)).toBe(false);
    await expect(bus.admin.getQueue(name)).rejects.toMatchObject(error("MessageEntityNotFoundError"));
    await expect(bus.admin.deleteQueue(name)).rejects.toMatchObject(error("MessageEntityNotFoundError"));
    const client = bus.newClient({ retryOptions: { maxRetries: 0 } });
    await expect(client.createSender(name).sendMessages({ body: 1 })).rejects.toMatchObject({
      code: "MessagingEntityNotFound",
    });
  });

  test("cannot be made twice", async () => {
    const name = await bus.queue();
    await expect(bus.admin.createQueue(name)).rejects.toMatchObject(error("MessageEntityAlreadyExistsError"));
  });

  test("is refused when what is asked for makes no sense", async () => {
    const name = bus.nameFor("refused");
    await expect(bus.admin.createQueue(name, { lockDuration: "PT10M" })).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(bus.admin.createQueue(name, { lockDuration: "a while" })).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(bus.admin.createQueue(name, { maxDeliveryCount: 0 })).rejects.toMatchObject({
      statusCode: 400,
    });
    expect(await bus.admin.queueExists(name)).toBe(false);
  });

  test("tells how many messages it holds, and where", async () => {
    const name = await bus.queue();
    const sender = bus.client.createSender(name);
    await sender.sendMessages(numbered(4));
    await sender.scheduleMessages(numbered(2), new Date(Date.now() + 3_600_000));
    const receiver = bus.client.createReceiver(name);
    const [first, second] = await take(receiver, 2);
    await receiver.deadLetterMessage(first!);
    await receiver.completeMessage(second!);
    const runtime = await bus.admin.getQueueRuntimeProperties(name);
    expect(runtime).toMatchObject({
      name,
      activeMessageCount: 2,
      deadLetterMessageCount: 1,
      scheduledMessageCount: 2,
      transferMessageCount: 0,
      transferDeadLetterMessageCount: 0,
      totalMessageCount: 5,
    });
    expect(runtime.sizeInBytes).toBeGreaterThan(0);
    expect(runtime.createdAt.getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  test("is listed among all others, page after page", async () => {
    const names = [await bus.queue(), await bus.queue(), await bus.queue()];
    const listed = await all(bus.admin.listQueues());
    expect(listed.map((queue) => queue.name)).toEqual(expect.arrayContaining(names));
    const paged: string[] = [];
    for await (const page of bus.admin.listQueues().byPage({ maxPageSize: 2 })) {
      expect(page.length).toBeLessThanOrEqual(2);
      paged.push(...page.map((queue) => queue.name));
    }
    expect(paged).toEqual(expect.arrayContaining(names));
    const runtimes = await all(bus.admin.listQueuesRuntimeProperties());
    expect(runtimes.map((queue) => queue.name)).toEqual(expect.arrayContaining(names));
  });
});

describe.concurrent("a topic and its subscriptions, through the administration client", () => {
  test("are made, changed, listed and deleted", async () => {
    const topic = bus.nameFor("made");
    await bus.admin.createTopic(topic, { defaultMessageTimeToLive: "PT2H", userMetadata: "note" });
    expect(await bus.admin.getTopic(topic)).toMatchObject({
      defaultMessageTimeToLive: "PT2H",
      userMetadata: "note",
    });
    const first = await bus.admin.createSubscription(topic, "first", {
      maxDeliveryCount: 4,
      requiresSession: true,
    });
    expect(first).toMatchObject({ topicName: topic, subscriptionName: "first", maxDeliveryCount: 4 });
    await bus.admin.createSubscription(topic, "second");
    await bus.admin.updateSubscription({ ...first, maxDeliveryCount: 5 });
    expect(await bus.admin.getSubscription(topic, "first")).toMatchObject({
      maxDeliveryCount: 5,
      requiresSession: true,
    });
    const subscriptions = await all(bus.admin.listSubscriptions(topic));
    expect(subscriptions.map((subscription) => subscription.subscriptionName).sort()).toEqual([
      "first",
      "second",
    ]);
    expect(await bus.admin.getTopicRuntimeProperties(topic)).toMatchObject({ subscriptionCount: 2 });
    await bus.admin.deleteSubscription(topic, "first");
    expect(await bus.admin.subscriptionExists(topic, "first")).toBe(false);
    expect((await all(bus.admin.listTopics())).map((listed) => listed.name)).toContain(topic);
    await bus.admin.deleteTopic(topic);
    expect(await bus.admin.topicExists(topic)).toBe(false);
    expect(await bus.admin.subscriptionExists(topic, "second")).toBe(false);
  });

  test("tell how many messages each subscription holds", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    await bus.client.createSender(topic).sendMessages(numbered(3));
    const receiver = bus.client.createReceiver(topic, subscription);
    await receiver.deadLetterMessage(await one(receiver));
    expect(await bus.admin.getSubscriptionRuntimeProperties(topic, subscription)).toMatchObject({
      activeMessageCount: 2,
      deadLetterMessageCount: 1,
      totalMessageCount: 3,
    });
  });

  test("cannot be a subscription of a topic that does not exist", async () => {
    const created = bus.admin.createSubscription(bus.nameFor("missing"), "first");
    await expect(created).rejects.toMatchObject(error("MessageEntityNotFoundError"));
  });
});

describe.concurrent("rules, through the administration client", () => {
  test("are made, changed, listed and deleted", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    const filter = { sqlExpression: "size > 3 AND color <> 'a<b&c'" };
    await bus.admin.createRule(topic, subscription, "sql", filter, { sqlExpression: "SET seen = 1" });
    const correlation = { correlationId: "c", applicationProperties: { color: "red", size: 3, ripe: true } };
    await bus.admin.createRule(topic, subscription, "correlation", correlation);
    expect(await bus.admin.getRule(topic, subscription, "sql")).toMatchObject({
      name: "sql",
      filter,
      action: { sqlExpression: "SET seen = 1" },
    });
    expect(await bus.admin.getRule(topic, subscription, "correlation")).toMatchObject({
      filter: correlation,
    });
    const names = (await all(bus.admin.listRules(topic, subscription))).map((rule) => rule.name);
    expect(names.sort()).toEqual(["$Default", "correlation", "sql"]);
    await bus.admin.deleteRule(topic, subscription, "$Default");
    await bus.admin.deleteRule(topic, subscription, "correlation");
    await bus.client.createSender(topic).sendMessages([
      { body: "small", applicationProperties: { size: 1, color: "x" } },
      { body: "large", applicationProperties: { size: 5, color: "x" } },
    ]);
    const message = await one(bus.client.createReceiver(topic, subscription));
    expect(message).toMatchObject({ body: "large", applicationProperties: { seen: 1 } });
  });

  test("may be given when the subscription is made, in place of $Default", async () => {
    const topic = await bus.topic();
    const defaultRuleOptions = { name: "only", filter: { subject: "news" } };
    await bus.admin.createSubscription(topic, "picky", { defaultRuleOptions });
    const rules = await all(bus.admin.listRules(topic, "picky"));
    expect(rules).toMatchObject([{ name: "only", filter: { subject: "news" } }]);
  });
});

describe.concurrent("the administration client", () => {
  test("is told about the namespace", async () => {
    expect((await bus.admin.getNamespaceProperties()).name).toMatch(/.+/);
  });
});
