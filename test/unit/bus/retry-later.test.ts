import { beforeEach, describe, expect, test } from "vitest";
import type { Incoming } from "../../../shared/bus/incoming.ts";
import { Outbox } from "../../../shared/bus/outbox.ts";
import { logicalIdOf, retryLater } from "../../../shared/bus/retry-later.ts";
import { busClient, type Sent } from "../../support/bus-client.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { incomingWith } from "./incoming-with.ts";

const outage = new Error("the table is away");
const start = Date.parse("2026-01-01T00:00:00Z");

let sent: Sent[];
let outbox: Outbox;

beforeEach(() => {
  sent = [];
  outbox = new Outbox(() => busClient((one) => void sent.push(one)), new ManualClock());
});

/** The copy that was sent last, as it comes in again. */
function copy(): Incoming {
  const message = sent.at(-1)?.message;
  const { interroleAttempt, interroleLogicalId } = message?.applicationProperties ?? {};
  return incomingWith({
    messageId: String(message?.messageId),
    applicationProperties: {
      interroleAttempt: Number(interroleAttempt),
      interroleLogicalId: String(interroleLogicalId),
    },
  });
}

function delayMs(): number {
  const at = sent.at(-1)?.message.scheduledEnqueueTimeUtc;
  return at ? at.getTime() - start : 0;
}

const retry = (message: Incoming) => retryLater(outbox, "recycle-requests", message, outage);

describe("a message that failed for now", () => {
  test("comes again with everything that it came with", async () => {
    const message = incomingWith({
      body: Buffer.from("body"),
      replyTo: "replies",
      replyToSessionId: "s",
      correlationId: "c",
      subject: "recycle",
      applicationProperties: { tenant: "blue" },
    });
    await retry(message);
    expect(sent[0]).toMatchObject({
      entity: "recycle-requests",
      message: {
        body: message.body,
        messageId: "message-1:a1",
        replyTo: "replies",
        replyToSessionId: "s",
        correlationId: "c",
        contentType: "application/json",
        subject: "recycle",
        applicationProperties: { tenant: "blue", interroleAttempt: 1 },
      },
    });
  });

  test("keeps its logical id over all its copies", async () => {
    await retry(incomingWith());
    await retry(copy());
    expect(sent.map(({ message }) => message.messageId)).toEqual(["message-1:a1", "message-1:a2"]);
    expect(logicalIdOf(copy())).toBe("message-1");
  });

  test("waits longer each time, up to a minute, give or take a fifth", async () => {
    let message = incomingWith();
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      await retry(message);
      const plain = Math.min(60_000, 500 * 2 ** (attempt - 1));
      expect(delayMs()).toBeGreaterThanOrEqual(Math.floor(plain * 0.8));
      expect(delayMs()).toBeLessThanOrEqual(Math.ceil(plain * 1.2));
      message = copy();
    }
  });

  test("is given up after twelve copies, with the error itself", async () => {
    let message = incomingWith();
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      await retry(message);
      message = copy();
    }
    await expect(retry(message)).rejects.toBe(outage);
    expect(sent).toHaveLength(12);
  });

  test("has an id that the broker takes, however long its own was", async () => {
    await retry(incomingWith({ messageId: "x".repeat(128) }));
    expect(sent[0]?.message.messageId).toBe(`${"x".repeat(125)}:a1`);
  });
});

test.each(["x", "", -1, -1e9, 0.5, Number.NaN, true])(
  "a count of attempts that is none of ours cannot make it come for ever, nor at once: %o",
  async (interroleAttempt) => {
    await retry(incomingWith({ applicationProperties: { interroleAttempt } }));
    expect(Number(sent[0]?.message.applicationProperties?.["interroleAttempt"])).toBeGreaterThanOrEqual(1);
    expect(delayMs()).toBeGreaterThanOrEqual(400);
  },
);
