import { expect, test } from "vitest";
import { Outbox } from "../../../shared/bus/outbox.ts";
import { reject } from "../../../shared/bus/reject.ts";
import { Problem } from "../../../shared/kernel/problem.ts";
import { busClient, type Sent } from "../../support/bus-client.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { incomingWith } from "./incoming-with.ts";

async function rejected(
  detail: string,
  facts: Parameters<typeof incomingWith>[0],
): Promise<Sent | undefined> {
  const sent: Sent[] = [];
  const outbox = new Outbox(() => busClient((one) => void sent.push(one)), new ManualClock());
  await reject(outbox, "control", incomingWith(facts), new Problem("invalid-request", detail));
  return sent[0];
}

test("a message that cannot be used is kept as it came, with why, and where it came from", async () => {
  const body = Buffer.from([0, 1, 2]);
  const kept = await rejected("no good", {
    body,
    correlationId: "c",
    applicationProperties: { tenant: "blue" },
  });
  expect(kept?.entity).toBe("rejected");
  expect(kept?.message).toMatchObject({
    body,
    contentType: "application/json",
    correlationId: "c",
    subject: "rejected",
    applicationProperties: {
      tenant: "blue",
      source: "control",
      reason: "invalid-request",
      detail: "no good",
      originalMessageId: "message-1",
    },
  });
});

test("what it says of itself does not hide what we say of it", async () => {
  const kept = await rejected("no good", { applicationProperties: { source: "nowhere", reason: "none" } });
  expect(kept?.message.applicationProperties).toMatchObject({ source: "control", reason: "invalid-request" });
});

test("a long reason is cut, because properties are limited", async () => {
  const kept = await rejected("x".repeat(100_000), {});
  expect(kept?.message.applicationProperties?.["detail"]).toHaveLength(1_000);
});
