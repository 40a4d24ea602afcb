import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { readReceived } from "../../../shared/bus/incoming.ts";

test("a message that a process receives by itself reads as one that a trigger gets", () => {
  const received: ServiceBusReceivedMessage = {
    body: Buffer.from(`{"a":1}`),
    messageId: 7,
    correlationId: "c",
    contentType: "application/json",
    applicationProperties: { role: "web", at: new Date(0), count: 2 },
    deliveryCount: 0,
    enqueuedTimeUtc: new Date(5),
    state: "active",
    _rawAmqpMessage: { bodyType: "data", body: undefined },
  };
  expect(readReceived(received)).toEqual({
    body: Buffer.from(`{"a":1}`),
    messageId: "7",
    correlationId: "c",
    replyTo: undefined,
    replyToSessionId: undefined,
    contentType: "application/json",
    subject: undefined,
    applicationProperties: { role: "web", count: 2 },
    deliveryCount: 1,
    enqueuedAtMs: 5,
  });
});
