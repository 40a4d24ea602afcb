import { describe, expect, test } from "vitest";
import type { Incoming } from "../../../../shared/bus/incoming.ts";
import { entities } from "../../../../shared/bus/topology.ts";
import {
  enterOverHttp,
  enterOverQueue,
  toMessage,
  type InboxName,
} from "../../../../shared/routing/decision/enter.ts";
import { incomingWith } from "../../bus/incoming-with.ts";
import { read } from "../table-with.ts";

const inbound = {
  events: { exchange: "one-way", address: "queue:router-inbox" },
  ask: { exchange: "request-reply" },
};
const served = { name: "default", version: "default@1", compiled: read({ inbound }) };

const post = (headers: Record<string, string> = {}, query = "") =>
  toMessage(
    enterOverHttp({
      inbound: "events",
      url: `http://host/api/router/events${query}`,
      headers: Object.entries(headers),
      body: Buffer.from("{}"),
    }),
    served,
  );
const take = (facts: Partial<Incoming> = {}, queue: InboxName = entities.routerInbox) =>
  toMessage(enterOverQueue(incomingWith(facts), queue), served);

describe("a request over HTTP", () => {
  test("is what it says, without what is between it and us", () => {
    const { pass, contentType } = post(
      { "content-type": "text/plain", "x-tenant": "blue", "idempotency-key": "k", "ordering-key": "o" },
      "?code=secret",
    );
    expect(contentType).toBe("text/plain");
    expect(pass).toEqual({
      logicalId: expect.stringMatching(/^[0-9a-f]{32}$/),
      replay: 0,
      table: "default",
      inbound: "events",
      address: "http://host/api/router/events",
      hop: 0,
      headers: { "x-tenant": "blue" },
      orderingKey: "o",
    });
  });

  test("is one message under its key, and another each time without", () => {
    const idOf = (key?: string) => post(key === undefined ? {} : { "idempotency-key": key }).pass.logicalId;
    expect(idOf("k")).toBe(idOf("k"));
    expect(new Set([idOf(), idOf(), idOf("k")]).size).toBe(3);
  });

  test("is another message for another table, named by query or header", () => {
    const key = { "idempotency-key": "k" };
    const ids = [post(key), post(key, "?table=other"), post({ ...key, "interrole-table": "third" })];
    expect(new Set(ids.map(({ pass }) => pass.logicalId)).size).toBe(3);
    expect(post({ ...key, "interrole-table": "other" }).pass.logicalId).toBe(ids[1]!.pass.logicalId);
  });

  test.each([
    ["session:abc_1", { kind: "session", sessionId: "abc_1" }],
    ["queue:replies/me too", { kind: "queue", sessionId: "me too", correlationId: "k" }],
  ])("has its answers where it says: %s", (address, reply) => {
    expect(post({ "reply-to": address, "idempotency-key": "k" }).pass.reply).toEqual(reply);
  });

  test("without a key has its answers told by the id of the message", () => {
    const { pass } = post({ "reply-to": "queue:replies/me" });
    expect(pass.reply).toMatchObject({ correlationId: pass.logicalId });
  });

  test.each<[string, Record<string, string>]>([
    ["another queue for answers", { "reply-to": "queue:control/x" }],
    ["no session for answers", { "reply-to": "queue:replies/" }],
    ["an empty key", { "idempotency-key": "" }],
    ["a key that is too long", { "idempotency-key": "x".repeat(257) }],
    ["an ordering key that is too long", { "ordering-key": "x".repeat(101) }],
    ["a hop that is no number", { "interrole-hop": "often" }],
    ["a hop below none", { "interrole-hop": "-1" }],
    ["an empty table", { "interrole-table": "" }],
  ])("is refused with the header that is wrong: %s", (_what, headers) => {
    expect(() => post(headers)).toThrow(expect.objectContaining({ kind: "invalid-request" }));
  });

  test("that has been through too many routers is refused", () => {
    expect(post({ "interrole-hop": "8" }).pass.hop).toBe(8);
    expect(() => post({ "interrole-hop": "9" })).toThrow(expect.objectContaining({ kind: "too-many-hops" }));
  });
});

describe("a fresh message of an inbox", () => {
  test("is what it says", () => {
    const { pass, body } = take({
      body: Buffer.from([0, 255]),
      applicationProperties: {
        inbound: "ask",
        table: "default",
        "x-tenant": "blue",
        "interrole-Hop": 2,
        count: 3,
      },
      sessionId: "o",
      replyTo: "replies",
      replyToSessionId: "me",
      correlationId: "c",
    });
    expect(body).toEqual(Buffer.from([0, 255]));
    expect(pass).toMatchObject({
      inbound: "ask",
      address: "queue:router-inbox",
      hop: 2,
      headers: { "x-tenant": "blue", count: 3 },
      orderingKey: "o",
      reply: { kind: "queue", sessionId: "me", correlationId: "c" },
    });
  });

  test("that names no inbound endpoint has the one with the address of its queue, or else that address", () => {
    expect(take().pass.inbound).toBe("events");
    expect(take({}, entities.routerInboxOrdered).pass.inbound).toBe("queue:router-inbox-ordered");
  });

  test("keeps its id although the table that its redelivery meets calls that endpoint otherwise", () => {
    const renamed = read({ inbound: { others: inbound.events, ask: inbound.ask } });
    const again = toMessage(enterOverQueue(incomingWith(), entities.routerInbox), {
      ...served,
      compiled: renamed,
    });
    expect(again.pass).toMatchObject({ inbound: "others", logicalId: take().pass.logicalId });
  });

  test("without an id is told by its place, and without either is refused", () => {
    const at = (sequenceNumber: string) => take({ messageId: "", sequenceNumber }).pass.logicalId;
    expect(at("1")).toBe(at("1"));
    expect(at("1")).not.toBe(at("2"));
    expect(() => take({ messageId: "" })).toThrow(/must have a MessageId/);
  });

  test("that comes again as a copy keeps its id", () => {
    const copy = {
      messageId: "message-1:a1",
      applicationProperties: { interroleAttempt: 1, interroleLogicalId: "message-1" },
    };
    expect(take(copy).pass.logicalId).toBe(take().pass.logicalId);
  });

  test("may not have its answers sent to just any queue", () => {
    expect(() => take({ replyTo: "control" })).toThrow(/takes no answers/);
  });
});
