import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";

const bus = await openBus();
afterAll(() => bus.close());

const refused = { statusCode: 400, code: "ServiceError" };

describe.concurrent("a queue that is changed", () => {
  test("keeps what is fixed when it is made", async () => {
    const queue = await bus.admin.createQueue(bus.nameFor("fixed"));
    const changes = [
      { requiresSession: true },
      { requiresDuplicateDetection: true },
      { enablePartitioning: true },
    ];
    for (const change of changes) {
      await expect(bus.admin.updateQueue({ ...queue, ...change })).rejects.toMatchObject(refused);
    }
    expect(await bus.admin.getQueue(queue.name)).toMatchObject({
      requiresSession: false,
      requiresDuplicateDetection: false,
      enablePartitioning: false,
    });
    await bus.admin.deleteQueue(queue.name);
  });

  test("takes every change that it may", async () => {
    const target = await bus.queue();
    const queue = await bus.admin.createQueue(bus.nameFor("changed"), { requiresDuplicateDetection: true });
    const changes = {
      lockDuration: "PT2M",
      maxDeliveryCount: 99,
      maxSizeInMegabytes: 2048,
      defaultMessageTimeToLive: "P2D",
      deadLetteringOnMessageExpiration: true,
      duplicateDetectionHistoryTimeWindow: "PT5M",
      autoDeleteOnIdle: "PT1H",
      userMetadata: "changed",
      enableBatchedOperations: false,
    };
    const updated = await bus.admin.updateQueue({ ...queue, ...changes, forwardTo: target });
    expect(updated).toMatchObject({ ...changes, requiresDuplicateDetection: true });
    expect(updated.forwardTo).toMatch(new RegExp(`^sb://.*/${target}$`));
    expect(await bus.admin.getQueue(queue.name)).toMatchObject(changes);
    await bus.admin.deleteQueue(queue.name);
  });

  test("stops forwarding when forwarding is left out, and forwards again to the URL that it told", async () => {
    const target = await bus.queue();
    const queue = await bus.admin.createQueue(bus.nameFor("forwarding"), { forwardTo: target });
    const { forwardTo, ...without } = queue;
    expect((await bus.admin.updateQueue(without)).forwardTo).toBeUndefined();
    await bus.admin.updateQueue({ ...without, ...(forwardTo === undefined ? {} : { forwardTo }) });
    await bus.client.createSender(queue.name).sendMessages({ body: "moved" });
    const [message] = await bus.client.createReceiver(target).receiveMessages(1);
    expect(message?.body).toBe("moved");
    await bus.admin.deleteQueue(queue.name);
  });

  test("must be there", async () => {
    const queue = await bus.admin.createQueue(bus.nameFor("gone"));
    await bus.admin.deleteQueue(queue.name);
    await expect(bus.admin.updateQueue(queue)).rejects.toMatchObject({ code: "MessageEntityNotFoundError" });
  });

  test("keeps its messages", async () => {
    const name = await bus.queue();
    await bus.client.createSender(name).sendMessages({ body: "kept" });
    await bus.admin.updateQueue({ ...(await bus.admin.getQueue(name)), lockDuration: "PT30S" });
    const [message] = await bus.client.createReceiver(name).receiveMessages(1);
    expect(message?.body).toBe("kept");
  });

  test("tells when it was changed", async () => {
    const queue = await bus.admin.createQueue(bus.nameFor("dated"));
    const before = await bus.admin.getQueueRuntimeProperties(queue.name);
    await bus.admin.updateQueue({ ...queue, userMetadata: "x" });
    const after = await bus.admin.getQueueRuntimeProperties(queue.name);
    expect(after.createdAt).toEqual(before.createdAt);
    expect(after.modifiedAt.getTime()).toBeGreaterThanOrEqual(before.modifiedAt.getTime());
    await bus.admin.deleteQueue(queue.name);
  });

  test("has the size of all its partitions, and may be given it back", async () => {
    const name = bus.nameFor("parts");
    const queue = await bus.admin.createQueue(name, { enablePartitioning: true, maxSizeInMegabytes: 2048 });
    expect(queue.maxSizeInMegabytes).toBe(32_768);
    expect((await bus.admin.updateQueue({ ...queue, userMetadata: "x" })).maxSizeInMegabytes).toBe(32_768);
    await bus.admin.deleteQueue(name);
  });

  test("tells the authorization rules that it was given", async () => {
    const rule = {
      claimType: "SharedAccessKey",
      accessRights: ["Manage" as const, "Send" as const, "Listen" as const],
      keyName: "all",
      primaryKey: Buffer.alloc(32, 1).toString("base64"),
      secondaryKey: Buffer.alloc(32, 2).toString("base64"),
    };
    const other = { ...rule, keyName: "other", accessRights: ["Send" as const] };
    const name = bus.nameFor("ruled");
    const queue = await bus.admin.createQueue(name, { authorizationRules: [rule, other] });
    expect(queue.authorizationRules).toEqual([rule, other]);
    expect(
      (await bus.admin.updateQueue({ ...queue, authorizationRules: [other] })).authorizationRules,
    ).toEqual([other]);
    await bus.admin.deleteQueue(name);
  });
});

describe.concurrent("a topic and a subscription that are changed", () => {
  test("keep what is fixed when they are made", async () => {
    const topic = await bus.admin.createTopic(bus.nameFor("topic"));
    const subscription = await bus.admin.createSubscription(topic.name, "s");
    for (const change of [{ requiresDuplicateDetection: true }, { enablePartitioning: true }]) {
      await expect(bus.admin.updateTopic({ ...topic, ...change })).rejects.toMatchObject(refused);
    }
    const sessions = { ...subscription, requiresSession: true };
    await expect(bus.admin.updateSubscription(sessions)).rejects.toMatchObject(refused);
    await bus.admin.deleteTopic(topic.name);
  });

  test("take every change that they may", async () => {
    const topic = await bus.admin.createTopic(bus.nameFor("topic"));
    const changes = {
      defaultMessageTimeToLive: "P1D",
      duplicateDetectionHistoryTimeWindow: "PT2M",
      autoDeleteOnIdle: "PT2H",
      maxSizeInMegabytes: 3072,
      supportOrdering: false,
      status: "SendDisabled" as const,
      userMetadata: "changed",
    };
    expect(await bus.admin.updateTopic({ ...topic, ...changes })).toMatchObject(changes);
    const subscription = await bus.admin.createSubscription(topic.name, "s");
    const subscriptionChanges = {
      lockDuration: "PT3M",
      maxDeliveryCount: 20,
      defaultMessageTimeToLive: "P2D",
      deadLetteringOnMessageExpiration: true,
      deadLetteringOnFilterEvaluationExceptions: false,
      autoDeleteOnIdle: "PT1H",
      enableBatchedOperations: false,
      status: "ReceiveDisabled" as const,
    };
    const changed = await bus.admin.updateSubscription({ ...subscription, ...subscriptionChanges });
    expect(changed).toMatchObject(subscriptionChanges);
    await bus.admin.deleteTopic(topic.name);
  });

  test("cannot have the name of a queue", async () => {
    const queue = await bus.queue();
    const taken = { code: "MessageEntityAlreadyExistsError" };
    await expect(bus.admin.createTopic(queue)).rejects.toMatchObject(taken);
    const topic = await bus.topic();
    await expect(bus.admin.createQueue(topic)).rejects.toMatchObject(taken);
    const subscription = await bus.subscription(topic);
    await expect(bus.admin.createSubscription(topic, subscription)).rejects.toMatchObject(taken);
  });
});

describe.concurrent("a rule that is changed", () => {
  test("decides by its new filter from then on", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    const sender = bus.client.createSender(topic);
    const rule = await bus.admin.getRule(topic, subscription, "$Default");
    await bus.admin.updateRule(topic, subscription, {
      ...rule,
      filter: { subject: "wanted" },
      action: { sqlExpression: "SET a = 'b'" },
    });
    await sender.sendMessages([{ body: "no" }, { body: "yes", subject: "wanted" }]);
    const [message] = await bus.client
      .createReceiver(topic, subscription)
      .receiveMessages(2, { maxWaitTimeInMs: 5_000 });
    expect(message).toMatchObject({ body: "yes", applicationProperties: { a: "b" } });
  });

  test("stays as it was when the change is refused", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    const rule = await bus.admin.getRule(topic, subscription, "$Default");
    const bad = { ...rule, filter: { sqlExpression: "size >" } };
    await expect(bus.admin.updateRule(topic, subscription, bad)).rejects.toMatchObject(refused);
    expect(await bus.admin.getRule(topic, subscription, "$Default")).toMatchObject({ filter: rule.filter });
  });

  test("must be there, and must not be there already when it is made", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    const rule = await bus.admin.getRule(topic, subscription, "$Default");
    const missing = { ...rule, name: "missing" };
    const notFound = { code: "MessageEntityNotFoundError" };
    await expect(bus.admin.updateRule(topic, subscription, missing)).rejects.toMatchObject(notFound);
    await expect(bus.admin.deleteRule(topic, subscription, "missing")).rejects.toMatchObject(notFound);
    await expect(
      bus.admin.createRule(topic, subscription, "$Default", { subject: "x" }),
    ).rejects.toMatchObject({
      code: "MessageEntityAlreadyExistsError",
    });
    expect(await bus.admin.ruleExists(topic, subscription, "missing")).toBe(false);
  });

  test("tells parameters of its filter and its action as they were given", async () => {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    const filter = {
      sqlExpression: "a = @text AND b > @number AND c = @truth",
      sqlParameters: { "@text": "it's <&>", "@number": 1.5, "@truth": true },
    };
    const action = { sqlExpression: "SET a = @new", sqlParameters: { "@new": "value" } };
    await bus.admin.createRule(topic, subscription, "typed", filter, action);
    expect(await bus.admin.getRule(topic, subscription, "typed")).toMatchObject({
      name: "typed",
      filter,
      action,
    });
  });
});

describe.concurrent("lists", () => {
  test("of subscriptions and rules come in pages, in an order that stays", async () => {
    const topic = await bus.topic();
    const names = Array.from({ length: 7 }, (_, index) => `s${index}`);
    for (const name of names.toReversed()) await bus.admin.createSubscription(topic, name);
    const pages: string[][] = [];
    for await (const page of bus.admin.listSubscriptions(topic).byPage({ maxPageSize: 3 })) {
      pages.push(page.map((subscription) => subscription.subscriptionName));
    }
    expect(pages).toEqual([names.slice(0, 3), names.slice(3, 6), names.slice(6)]);
    const rules: number[] = [];
    for (const name of ["r1", "r2", "r3", "r4"])
      await bus.admin.createRule(topic, "s0", name, { subject: name });
    for await (const page of bus.admin.listRules(topic, "s0").byPage({ maxPageSize: 2 }))
      rules.push(page.length);
    expect(rules).toEqual([2, 2, 1]);
  });
});
