import { describe, expect, test } from "vitest";
import { Outbox } from "../../../shared/bus/outbox.ts";
import { reply, replyAddressOf } from "../../../shared/bus/reply.ts";
import { busClient, type Sent } from "../../support/bus-client.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { incomingWith } from "./incoming-with.ts";

describe("where an answer goes", () => {
  test("is nowhere when the asker wants none", () => {
    expect(replyAddressOf(incomingWith())).toBeUndefined();
    expect(replyAddressOf(incomingWith({ replyTo: "" }))).toBeUndefined();
  });

  test.each([
    [
      { replyToSessionId: "s", correlationId: "c" },
      { sessionId: "s", correlationId: "c" },
    ],
    [{ replyToSessionId: "s" }, { sessionId: "s", correlationId: "message-1" }],
    [{ correlationId: "c" }, { sessionId: "c", correlationId: "c" }],
    [{}, { sessionId: "message-1", correlationId: "message-1" }],
  ])("is the session that the asker named, or else what it calls its message: %o", (facts, address) => {
    expect(replyAddressOf(incomingWith({ replyTo: "replies", ...facts }))).toEqual({
      entity: "replies",
      ...address,
    });
  });

  test.each([
    "recycle-requests",
    "rejected",
    "control",
    "Replies",
    "replies/$deadletterqueue",
    "elsewhere",
    "__proto__",
  ])("is never an entity that is not meant to take answers: %s", (replyTo) => {
    expect(() => replyAddressOf(incomingWith({ replyTo }))).toThrow(
      `ReplyTo names "${replyTo}", which takes no answers; allowed: "replies"`,
    );
  });

  test.each([{ messageId: "" }, { correlationId: "x".repeat(129) }, { replyToSessionId: "x".repeat(129) }])(
    "must be a session that can be: %o",
    (facts) => {
      expect(() => replyAddressOf(incomingWith({ replyTo: "replies", ...facts }))).toThrow(
        "1 to 128 characters",
      );
    },
  );
});

test("an answer is sent to its session, under an id that the broker takes, however long the request's was", async () => {
  const sent: Sent[] = [];
  const outbox = new Outbox(() => busClient((one) => void sent.push(one)), new ManualClock());
  const to = { entity: "replies", sessionId: "s", correlationId: "c" } as const;
  await reply(outbox, to, "problem", `${"x".repeat(128)}:problem`, { a: 1 });
  expect(sent).toMatchObject([
    { entity: "replies", message: { subject: "problem", sessionId: "s", correlationId: "c" } },
  ]);
  expect(sent[0]?.message.messageId).toBe(`${"x".repeat(120)}:problem`);
});
