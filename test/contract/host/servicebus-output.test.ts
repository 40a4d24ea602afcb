import { afterAll, describe, expect, test } from "vitest";
import type { OutputWriter } from "../../../local/functions/core/listener.ts";
import { createOutputWriter } from "../../../local/functions/outputs/writer.ts";
import { openBus } from "../../support/bus.ts";
import { busSettings } from "../../support/listening.ts";
import { take } from "../../support/messages.ts";

const bus = await openBus();
afterAll(() => bus.close());

function writer(): OutputWriter {
  return createOutputWriter({ settings: busSettings(bus.connectionString), log: () => undefined });
}

const output = (options: Record<string, unknown>) => ({
  name: "$return",
  type: "serviceBus",
  direction: "out" as const,
  connection: "Bus",
  ...options,
});

describe.concurrent("a Service Bus output", () => {
  test("sends a text as it is, as text/plain", async () => {
    const outputs = writer();
    const queueName = await bus.queue();
    await outputs.write(output({ queueName }), { string: "hello" });
    const receiver = bus.client.createReceiver(queueName, { skipParsingBodyAsJson: true });
    const [message] = await take(receiver, 1);
    expect(String(message?.body)).toBe("hello");
    expect(message?.contentType).toBe("text/plain");
    await outputs.close();
  });

  test("sends a message for each member of a list, in order, to a topic too", async () => {
    const outputs = writer();
    const topicName = await bus.topic();
    const subscription = await bus.subscription(topicName);
    await outputs.write(output({ topicName }), { json: '["a",{"b":1}]' });
    const receiver = bus.client.createReceiver(topicName, subscription, { skipParsingBodyAsJson: true });
    expect((await take(receiver, 2)).map(({ body }) => String(body))).toEqual(["a", '{\n  "b": 1\n}']);
    await outputs.close();
  });

  test("fails when there is no such entity", async () => {
    const outputs = writer();
    await expect(outputs.write(output({ queueName: "nowhere" }), { string: "x" })).rejects.toThrow(/nowhere/);
    await outputs.close();
  });

  test("fails when its binding says nothing of where to", async () => {
    const outputs = writer();
    await expect(outputs.write(output({}), { string: "x" })).rejects.toThrow(/give queueName or topicName/);
    await expect(outputs.write(output({ queueName: "{id}" }), { string: "x" })).rejects.toThrow(
      /binding expression/,
    );
    await outputs.close();
  });

  test("sends no more once it is closed", async () => {
    const outputs = writer();
    await outputs.close();
    await outputs.close();
    await expect(outputs.write(output({ queueName: "q" }), { string: "x" })).rejects.toThrow(/is stopping/);
  });

  test.each([
    ["nothing wrong", {}, undefined],
    [
      "a type that is not known",
      { type: "blob" },
      expect.stringContaining("the output binding type 'blob' is not supported"),
    ],
    [
      "a connection that is not set",
      { connection: "Other" },
      expect.stringContaining("connection 'Other' does not exist"),
    ],
    [
      "a setting that is not there",
      { queueName: "%NOWHERE%" },
      expect.stringContaining("'%NOWHERE%' does not resolve to a value"),
    ],
    ["no entity", { queueName: "" }, expect.stringContaining("give queueName or topicName")],
    ["a binding expression", { queueName: "{id}" }, expect.stringContaining("binding expression")],
    ["an entity that is no text", { queueName: 7 }, expect.stringContaining("queueName")],
  ])("tells %s before anything is written", async (_, options, problem) => {
    const outputs = writer();
    const told = outputs.problemWith(output({ type: "ServiceBus", queueName: "q", ...options }));
    expect(told).toEqual(problem);
    await outputs.close();
  });
});
