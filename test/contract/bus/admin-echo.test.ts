import { afterAll, describe, expect, test } from "vitest";
import { adminHttp, entry } from "../../support/admin-http.ts";
import { openBus } from "../../support/bus.ts";
import { one } from "../../support/messages.ts";

// What clients in other languages write and expect to read again in the same words.

const bus = await openBus();
afterAll(() => bus.close());

const { ask, server } = adminHttp(bus);

const typed = (key: string, type: string, text: string) =>
  `<KeyValueOfstringanyType><Key>${key}</Key><Value i:type="x:${type}" xmlns:x="http://www.w3.org/2001/XMLSchema">${text}</Value></KeyValueOfstringanyType>`;

describe.concurrent("an entity is told as it was written", () => {
  test("with the scheme of the URL it forwards to", async (context) => {
    const target = await bus.queue();
    const url = `https://${server(context).origin.replace("http://", "")}/${target}`;
    const body = entry("QueueDescription", `<ForwardTo>${url}</ForwardTo>`);
    const made = await ask(context, `/${bus.nameFor("forwarding")}`, { method: "PUT", body });
    expect(made.text).toContain(`<ForwardTo>${url}</ForwardTo>`);
  });

  test("with EnableExpress, which changes nothing", async (context) => {
    const body = entry("TopicDescription", "<EnableExpress>true</EnableExpress>");
    const made = await ask(context, `/${bus.nameFor("express")}`, { method: "PUT", body });
    expect(made.text).toContain("<EnableExpress>true</EnableExpress>");
  });

  test("with the types and texts of the values in a filter", async (context) => {
    const topic = await bus.topic();
    const values: [string, string, string][] = [
      ["local", "dateTime", "2020-07-05T11:12:13"],
      ["zoned", "dateTime", "2020-07-05T11:12:13Z"],
      ["span", "duration", "P1DT2H3M"],
      ["small", "long", "5"],
    ];
    const properties = values.map((value) => typed(...value)).join("");
    const filter = `<Filter i:type="CorrelationFilter"><Properties>${properties}</Properties></Filter>`;
    const path = `/${topic}/Subscriptions/${await bus.subscription(topic)}/Rules/r`;
    await ask(context, path, { method: "PUT", body: entry("RuleDescription", `${filter}<Name>r</Name>`) });
    const { text } = await ask(context, path);
    for (const [key, type, value] of values) {
      expect(text).toMatch(new RegExp(`<Key>${key}</Key><Value i:type="\\w+:${type}"[^>]*>${value}</Value>`));
    }
  });
});

describe.concurrent("an entity is told", () => {
  test("with a date of last use only after it was used, but for subscriptions", async () => {
    const [queue, topic] = [await bus.queue(), await bus.topic()];
    const subscription = await bus.subscription(topic);
    const never = new Date("0001-01-01T00:00:00Z");
    expect((await bus.admin.getQueueRuntimeProperties(queue)).accessedAt).toEqual(never);
    await bus.client.createSender(queue).sendMessages({ body: "used" });
    await one(bus.client.createReceiver(queue));
    expect((await bus.admin.getQueueRuntimeProperties(queue)).accessedAt).not.toEqual(never);
    const runtime = await bus.admin.getSubscriptionRuntimeProperties(topic, subscription);
    expect(runtime.accessedAt).not.toEqual(never);
  });

  test("with how many filters its subscriptions have, when it is a topic", async (context) => {
    const topic = await bus.topic();
    const rules = bus.client.createRuleManager(topic, await bus.subscription(topic));
    await rules.createRule("correlation", { subject: "s" });
    const { text } = await ask(context, `/${topic}`);
    expect(text).toContain("<SqlFilterCount>1</SqlFilterCount>");
    expect(text).toContain("<CorrelationFilterCount>1</CorrelationFilterCount>");
  });
});

describe.concurrent("an entity is refused", () => {
  test("in Azure's words when something fixed is to change", async () => {
    const queue = await bus.admin.getQueue(await bus.queue());
    await expect(bus.admin.updateQueue({ ...queue, requiresSession: true })).rejects.toThrow(
      "The value for the RequiresSession property of an existing Queue cannot be changed",
    );
  });

  test("when it asks for messages of another size than there is", async (context) => {
    const body = entry("QueueDescription", "<MaxMessageSizeInKilobytes>1024</MaxMessageSizeInKilobytes>");
    expect((await ask(context, `/${bus.nameFor("large")}`, { method: "PUT", body })).status).toBe(400);
  });
});
