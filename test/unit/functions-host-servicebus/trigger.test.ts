import { describe, expect, it } from "vitest";
import { readTrigger } from "../../../local/functions/servicebus/trigger.ts";
import { settingsOf } from "../../support/app-settings.ts";

const bus = "Endpoint=sb://127.0.0.1;SharedAccessKeyName=n;SharedAccessKey=k";

function read(options: Record<string, unknown>, env: Record<string, string> = {}, host: object = {}) {
  const settings = settingsOf({ env: { Bus: bus, ...env }, host });
  const binding = { name: "message", type: "serviceBusTrigger", direction: "in" as const, connection: "Bus" };
  return readTrigger({ ...binding, ...options }, settings);
}

describe("a Service Bus trigger", () => {
  it("is on a queue, takes one message a call as text and completes it", () => {
    expect(read({ queueName: "orders" })).toEqual({
      name: "message",
      entity: { queue: "orders" },
      connection: { kind: "string", connectionString: bus },
      cardinality: "one",
      sessions: false,
      binary: false,
      autoComplete: true,
    });
  });

  it("is on a subscription, with names from settings", () => {
    const trigger = read(
      { topicName: "%TOPIC%", subscriptionName: "%INSTANCE_ID%", connection: "%WHICH%" },
      { TOPIC: "control", INSTANCE_ID: "web-0", WHICH: "Bus" },
    );
    expect(trigger.entity).toEqual({ topic: "control", subscription: "web-0" });
  });

  it("takes its options, also written as texts", () => {
    const options = { queueName: "q", cardinality: "Many", dataType: "Binary", isSessionsEnabled: "true" };
    expect(read(options)).toMatchObject({ cardinality: "many", binary: true, sessions: true });
  });

  it("takes autoCompleteMessages from host.json unless it says otherwise itself", () => {
    const host = { extensions: { serviceBus: { autoCompleteMessages: false } } };
    expect(read({ queueName: "q" }, {}, host).autoComplete).toBe(false);
    expect(read({ queueName: "q", autoCompleteMessages: true }, {}, host).autoComplete).toBe(true);
  });

  it.each([
    [{}, "Invalid ServiceBus trigger configuration"],
    [{ topicName: "t" }, "Invalid ServiceBus trigger configuration"],
    [{ queueName: "q", sdkBinding: true }, "sdkBinding"],
    [{ queueName: "q", properties: { supportsDeferredBinding: "true" } }, "sdkBinding"],
    [{ queueName: "q", dataType: "stream" }, "dataType 'stream' is not supported"],
    [{ queueName: "q", cardinality: "some" }, "cardinality"],
    [{ queueName: "%NOPE%" }, "'%NOPE%' does not resolve to a value."],
    [{ queueName: "q", connection: "Other" }, "Service Bus connection 'Other' does not exist."],
  ])("is refused: %j", (options, reason) => {
    expect(() => read(options)).toThrow(reason);
  });
});
