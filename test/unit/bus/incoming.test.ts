import { InvocationContext } from "@azure/functions";
import { describe, expect, test } from "vitest";
import { readIncoming, type Incoming } from "../../../shared/bus/incoming.ts";

function read(triggerMetadata: Record<string, unknown>, body: unknown = Buffer.from("{}")): Incoming {
  return readIncoming(body, new InvocationContext({ triggerMetadata }));
}

describe("the body", () => {
  test("is the bytes as they came", () => {
    const bytes = Buffer.from([0, 255, 128]);
    expect(read({}, bytes).body).toBe(bytes);
    expect(read({}, new Uint8Array(bytes)).body).toEqual(bytes);
  });

  test("is made bytes again when a host did not hand it over as bytes", () => {
    expect(read({}, "text").body.toString()).toBe("text");
    expect(read({}, { a: 1 }).body.toString()).toBe('{"a":1}');
    expect(read({}, null).body.toString()).toBe("null");
  });
});

describe("the properties", () => {
  test("are read as the host names them", () => {
    const properties = {
      messageId: "m",
      replyTo: "replies",
      replyToSessionId: "s",
      correlationId: "c",
      contentType: "application/json",
      subject: "recycle",
      sessionId: "ordered",
      applicationProperties: { a: "x", b: 1, c: true },
      deliveryCount: 3,
    };
    expect(read(properties)).toMatchObject(properties);
  });

  test("that looked like values of another kind are text again", () => {
    expect(read({ messageId: 123, correlationId: true, subject: 0 })).toMatchObject({
      messageId: "123",
      correlationId: "true",
      subject: "0",
    });
  });

  test.each([1_790_000_000_000_000_001n, "1e400"].map(Number).concat(1.1))(
    "that may have lost digits count as absent, so that two ids do not become one: %d",
    (id) => {
      expect(read({ messageId: id, correlationId: id })).toMatchObject({
        messageId: "",
        correlationId: undefined,
      });
    },
  );

  test("name the place in the queue by its digits", () => {
    expect(read({ sequenceNumber: 42 }).sequenceNumber).toBe("42");
    // A partitioned queue has its partition in the upper bits.
    expect(read({ sequenceNumber: Number("4503599627370497003") }).sequenceNumber).toBeUndefined();
  });

  test("that are not there are absent, and the message is a first delivery", () => {
    expect(read({})).toMatchObject({
      messageId: "",
      replyTo: undefined,
      sessionId: undefined,
      sequenceNumber: undefined,
      applicationProperties: {},
      deliveryCount: 1,
      enqueuedAtMs: undefined,
    });
  });

  test("of a kind that we do not use cost no other", () => {
    const applicationProperties = { a: 1, when: { date: 1 }, none: null, list: [1] };
    expect(read({ applicationProperties }).applicationProperties).toEqual({ a: 1 });
    expect(read({ applicationProperties: "text", messageId: {}, deliveryCount: "many" })).toMatchObject({
      applicationProperties: {},
      messageId: "",
      deliveryCount: 1,
    });
  });

  test.each([
    ["2026-01-01T00:00:00Z", 0],
    ["2026-01-01T00:00:00.5000000", 500],
    ["2026-01-01T01:00:00+01:00", 0],
    ["yesterday", undefined],
  ])(
    "name the time at which the broker made it available, in UTC unless they say otherwise: %s",
    (text, ms) => {
      const { enqueuedAtMs } = read({ enqueuedTimeUtc: text });
      expect(enqueuedAtMs).toBe(ms === undefined ? undefined : Date.UTC(2026, 0, 1) + ms);
    },
  );
});
