import { describe, expect, test } from "vitest";
import { readReceived, type Incoming } from "../../../../shared/bus/incoming.ts";
import type { Sent } from "../../../support/bus-client.ts";
import { incomingWith } from "../../bus/incoming-with.ts";
import { turn } from "../../../support/manual-clock.ts";
import { answer, asking, routerWith } from "./router-with.ts";

const events = { applicationProperties: { inbound: "events", "x-tenant": "blue" } };
const ask = {
  applicationProperties: { inbound: "ask" },
  replyTo: "replies",
  replyToSessionId: "me",
  correlationId: "c",
};

describe("a message of the inbox", () => {
  test("that meets an outage comes again later, under its id and with all that was known of it", async () => {
    const { inbox, tables, messages, sent } = routerWith();
    tables.serve(asking);
    const insert = messages.insert.bind(messages);
    messages.insert = () => Promise.reject(new Error("the table is away"));
    await inbox.take(incomingWith({ ...events, messageId: "", sequenceNumber: "7", sessionId: "o" }));
    const [copy] = sent.splice(0);
    expect(copy).toMatchObject({ entity: "router-inbox", message: { messageId: "router-inbox#7:a1" } });
    messages.insert = insert;
    await inbox.take(incomingFrom(copy!.message));
    await inbox.take(incomingWith({ ...events, messageId: "", sequenceNumber: "7", sessionId: "o" }));
    expect(sent.map(({ entity }) => entity)).toEqual(Array(2).fill("router-outbox-ordered"));
    expect(messages.rows()).toHaveLength(1);
  });

  test("comes again while the table is not loaded, before its inbound endpoint is known", async () => {
    const { inbox, tables, sent } = routerWith();
    await inbox.take(incomingWith(events));
    expect(sent).toMatchObject([{ entity: "router-inbox", message: { messageId: "message-1:a1" } }]);
    tables.serve(asking);
    await inbox.take(incomingFrom(sent.splice(0)[0]!.message));
    expect(sent).toMatchObject([{ entity: "router-outbox" }]);
  });

  test.each<[string, Partial<Incoming>]>([
    ["names no inbound endpoint that there is", { applicationProperties: { inbound: "nobody" } }],
    ["names none, where none has its queue's address", { applicationProperties: {} }],
    ["was made up in our name", { applicationProperties: { interrole: "1|{}" } }],
    ["is a request without ReplyTo", { applicationProperties: { inbound: "ask" } }],
    ["has no id at all", { ...events, messageId: "" }],
    ["is too large to be sent on", { ...events, body: Buffer.alloc(190_001) }],
  ])("that %s goes to rejected as it came", async (_what, facts) => {
    const { inbox, tables, sent, messages } = routerWith();
    tables.serve(asking);
    const message = incomingWith(facts);
    await inbox.take(message);
    // Not by toEqual, which looks at every byte on its own.
    expect(sent.map((one) => message.body.equals(one.message.body))).toEqual([true]);
    const { applicationProperties } = message;
    expect(sent).toMatchObject([{ entity: "rejected", message: { applicationProperties } }]);
    expect(messages.rows()).toEqual([]);
  });

  test("that is a request has the service's answer sent to whoever asked", async () => {
    const { inbox, tables, sent, messages } = routerWith();
    const { version } = tables.serve(asking);
    await inbox.take(incomingWith(ask));
    const id = messages.rows()[0]!.partitionKey;
    expect(sent).toMatchObject([
      {
        entity: "replies",
        body: "the answer",
        message: {
          sessionId: "me",
          correlationId: "c",
          subject: "router.answer",
          contentType: "text/plain",
          applicationProperties: {
            status: 201,
            "interrole-message-id": id,
            "interrole-table-version": version,
          },
        },
      },
    ]);
  });

  test("that is a request which no service took is rejected, and whoever asked is told", async () => {
    const outcome = { kind: "failed", isFinal: false, answer: undefined, attempts: [] } as const;
    const { inbox, tables, sent } = routerWith({ outcome: { ...outcome, attempts: [] } });
    tables.serve(asking);
    await inbox.take(incomingWith(ask));
    expect(sent.map(({ entity }) => entity)).toEqual(["rejected", "replies"]);
    expect(sent[1]).toMatchObject({
      message: { sessionId: "me", correlationId: "c" },
      body: { status: 502 },
    });
  });

  test("that is a request whose answer no queue takes is rejected, and whoever asked is told", async () => {
    const large = { ...answer, body: Buffer.alloc(200_000) };
    const { inbox, tables, sent } = routerWith({
      outcome: { kind: "taken", endpoint: "answer", answer: large, attempts: [] },
    });
    tables.serve(asking);
    await inbox.take(incomingWith(ask));
    expect(sent).toMatchObject([{ entity: "rejected" }, { entity: "replies", body: { status: 413 } }]);
  });
});

describe("a message of the ordered inbox", () => {
  const ordered = { ...events, sessionId: "o" };

  test("is tried again in its place until it works", async () => {
    const { inbox, tables, clock, sent, events: told } = routerWith();
    const handled = inbox.takeOrdered(incomingWith(ordered));
    await clock.advance(20_000);
    expect(sent).toEqual([]);
    expect(told()).toContainEqual(
      expect.objectContaining({ event: "router.held-up", messageId: "message-1" }),
    );
    tables.serve(asking);
    await clock.advance(20_000);
    await handled;
    expect(sent).toMatchObject([{ entity: "router-outbox-ordered" }]);
  });

  test("is left to the broker before its session's lock runs out", async () => {
    const { inbox, clock, sent } = routerWith();
    const startMs = clock.monotonicMs();
    const handled = inbox.takeOrdered(incomingWith(ordered)).catch((error: unknown) => error);
    await clock.advance(300_000);
    expect(await handled).toMatchObject({ kind: "not-loaded" });
    await turn();
    expect(clock.waiting).toBe(0);
    expect(clock.monotonicMs() - startMs).toBeLessThanOrEqual(300_000);
    expect(sent).toEqual([]);
  });

  test("that can never work holds up nobody", async () => {
    const { inbox, tables, sent } = routerWith();
    tables.serve(asking);
    await inbox.takeOrdered(incomingWith({ ...ordered, applicationProperties: { inbound: "nobody" } }));
    expect(sent).toMatchObject([{ entity: "rejected" }]);
  });
});

/** A copy that was sent, as it comes in. */
function incomingFrom(copy: Sent["message"]): Incoming {
  const { messageId, contentType, correlationId, applicationProperties, body } = copy;
  return readReceived({
    body,
    state: "active",
    _rawAmqpMessage: { bodyType: "data", body: undefined },
    ...(messageId === undefined ? {} : { messageId }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(applicationProperties === undefined ? {} : { applicationProperties }),
  });
}
