import { describe, expect, test } from "vitest";
import { parseAddress, pathOf } from "../../../local/servicebus/address.ts";

describe("an address", () => {
  const main = { subscription: undefined, subqueue: "main", management: false };
  const known: [string, object][] = [
    ["queue", { ...main, entity: "queue" }],
    ["sb://host:5672/a/b.c/", { ...main, entity: "a/b.c" }],
    ["amqps://[::1]:5671/queue", { ...main, entity: "queue" }],
    ["queue/$DeadLetterQueue", { ...main, entity: "queue", subqueue: "dead-letter" }],
    ["queue/$Transfer/$DeadLetterQueue", { ...main, entity: "queue", subqueue: "transfer-dead-letter" }],
    ["topic/Subscriptions/sub", { ...main, entity: "topic", subscription: "sub" }],
    [
      "TOPIC/subscriptions/Sub/$deadletterqueue/$MANAGEMENT",
      { entity: "TOPIC", subscription: "Sub", subqueue: "dead-letter", management: true },
    ],
    ["subscriptions/sub", { ...main, entity: "subscriptions/sub" }],
    ["sb://host", { ...main, entity: "" }],
  ];
  test.each(known)("%s", (address, parsed) => {
    expect(parseAddress(address)).toEqual(parsed);
  });

  test("that is longer than that of any entity is refused", () => {
    for (const address of ["/".repeat(60_000), "a/".repeat(60_000), `sb://${"h".repeat(60_000)}/q`])
      expect(() => pathOf(address)).toThrow(/the limit is 2048/);
  });
});
