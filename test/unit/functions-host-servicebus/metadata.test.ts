import { describe, expect, it } from "vitest";
import { metadataOfMany, metadataOfOne } from "../../../local/functions/servicebus/metadata.ts";
import { received } from "../../support/received-message.ts";

const full = {
  deadLetterSource: "orders",
  contentType: "application/json",
  replyTo: "replies",
  to: "somewhere",
  subject: "greeting",
  correlationId: "c1",
  sessionId: "s1",
  replyToSessionId: "rs1",
  partitionKey: "p1",
  applicationProperties: { TenantId: "blue", count: 3, at: new Date("2026-11-21T10:00:00.120Z") },
};

describe("the metadata of one message", () => {
  it("holds every fact under the extension's names", () => {
    const properties = { json: '{"TenantId":"blue","count":3,"at":"2026-11-21T10:00:00.12Z"}' };
    expect(metadataOfOne(received(full), undefined)).toEqual({
      DeliveryCount: { json: "1" },
      DeadLetterSource: { string: "orders" },
      LockToken: { string: "token-1" },
      ExpiresAtUtc: { json: '"2026-11-21T11:00:00.25"' },
      ExpiresAt: { json: '"2026-11-21T11:00:00.25+00:00"' },
      EnqueuedTimeUtc: { json: '"2026-11-21T10:00:00"' },
      EnqueuedTime: { json: '"2026-11-21T10:00:00+00:00"' },
      MessageId: { string: "m1" },
      ContentType: { string: "application/json" },
      ReplyTo: { string: "replies" },
      SequenceNumber: { json: "0" },
      To: { string: "somewhere" },
      Subject: { string: "greeting" },
      Label: { string: "greeting" },
      CorrelationId: { string: "c1" },
      ApplicationProperties: properties,
      UserProperties: properties,
      SessionId: { string: "s1" },
      ReplyToSessionId: { string: "rs1" },
      PartitionKey: { string: "p1" },
    });
  });

  it("leaves out what the message does not have", () => {
    expect(Object.keys(metadataOfOne(received(), undefined))).toEqual([
      "DeliveryCount",
      "LockToken",
      "ExpiresAtUtc",
      "ExpiresAt",
      "EnqueuedTimeUtc",
      "EnqueuedTime",
      "MessageId",
      "SequenceNumber",
      "ApplicationProperties",
      "UserProperties",
    ]);
  });

  it("counts this delivery too", () => {
    expect(metadataOfOne(received({ deliveryCount: 2 }), undefined)["DeliveryCount"]).toEqual({ json: "3" });
  });

  it("shows the last date there is when a message never expires", () => {
    const metadata = metadataOfOne(received({ expiresAtUtc: new Date(Date.UTC(31_197, 0, 1)) }), undefined);
    expect(metadata["ExpiresAtUtc"]).toEqual({ json: '"9999-12-31T23:59:59.9999999"' });
    expect(metadata["ExpiresAt"]).toEqual({ json: '"9999-12-31T23:59:59.9999999+00:00"' });
  });

  it("is mixed with the properties of a JSON body, which may hide a fact", () => {
    const body = '{"sessionid":"forged","count":4,"on":true,"none":null,"list":[1],"inner":{"a":1}}';
    expect(metadataOfOne(received({ sessionId: "s1" }), body)).toMatchObject({
      SessionId: { string: "forged" },
      count: { string: "4" },
      on: { string: "True" },
      inner: { json: '{"a":1}' },
    });
    expect(Object.keys(metadataOfOne(received(), body))).not.toContain("list");
    expect(Object.keys(metadataOfOne(received(), body))).not.toContain("none");
  });

  it("writes dates of a JSON body the way the platform does", () => {
    const metadata = metadataOfOne(received(), '{"at":"2026-11-21T10:00:00Z","local":"2026-11-21T10:00:00"}');
    expect(metadata["at"]).toEqual({ string: "11/21/2026 10:00:00" });
    expect(metadata["local"]).toEqual({ string: "11/21/2026 10:00:00" });
  });

  it.each(["hello", "[1,2]", "{broken}", "", '"text"'])("is not mixed with the body '%s'", (body) => {
    expect(metadataOfOne(received(), body)).toEqual(metadataOfOne(received(), undefined));
  });
});

describe("the metadata of many messages", () => {
  it("is a list for each fact", () => {
    const metadata = metadataOfMany([
      received({ ...full, messageId: "a" }),
      received({ ...full, messageId: "b" }),
    ]);
    expect(metadata["MessageIdArray"]).toEqual({ collectionString: { string: ["a", "b"] } });
    expect(metadata["DeliveryCountArray"]).toEqual({ json: "[1,1]" });
    expect(metadata["SequenceNumberArray"]).toEqual({ collectionSint64: { sint64: [0, 0] } });
    expect(metadata["EnqueuedTimeUtcArray"]).toEqual({
      json: '["2026-11-21T10:00:00","2026-11-21T10:00:00"]',
    });
    expect(metadata["LabelArray"]).toEqual({ collectionString: { string: ["greeting", "greeting"] } });
    expect(Object.keys(metadata)).toHaveLength(21);
  });

  it("loses empty texts, so that lists may not line up", () => {
    const metadata = metadataOfMany([
      received(),
      received({ correlationId: "c2" }),
      received({ correlationId: "" }),
    ]);
    expect(metadata["CorrelationIdArray"]).toEqual({ collectionString: { string: ["c2"] } });
    expect(metadata["SessionIdArray"]).toEqual({ collectionString: { string: [] } });
  });

  it("repeats the partition key in the place of the transaction's, as the extension does", () => {
    const metadata = metadataOfMany([received({ partitionKey: "p" })]);
    expect(metadata["TransactionPartitionKeyArray"]).toEqual({ collectionString: { string: ["p"] } });
  });
});
