import { describe, expect, test } from "vitest";
import { carriedHeaders } from "../../../../shared/routing/decision/carried-headers.ts";
import { routingLimits as limits } from "../../../../shared/routing/limits.ts";

test("headers of the message travel with it", () => {
  const headers = {
    "x-tenant": "blue",
    soapaction: '"do"',
    traceparent: "00-1",
    to: "urn:x",
    Count: 1,
    isNew: true,
  };
  expect(carriedHeaders(Object.entries(headers))).toEqual(headers);
});

describe("stays behind, because it is between one caller and one listener, or is the platform's or the router's:", () => {
  test.each([
    "Host",
    "content-length",
    "Content-Type",
    "connection",
    "Transfer-Encoding",
    "Authorization",
    "Cookie",
    "x-functions-key",
    "X-Forwarded-For",
    "x-arr-log-id",
    "x-ms-client-principal-name",
    "x-ms-token-aad-access-token",
    "client-ip",
    "Interrole-Hop",
    "interroleAttempt",
    "interrole",
    "Idempotency-Key",
    "Ordering-Key",
    "Reply-To",
    "",
  ])("%s", (name) => {
    expect(carriedHeaders([[name, "x"]])).toEqual({});
  });

  test("what the sender says is for this connection only", () => {
    const headers: [string, string][] = [
      ["connection", "close, X-Once"],
      ["x-once", "1"],
      ["x-twice", "2"],
    ];
    expect(carriedHeaders(headers)).toEqual({ "x-twice": "2" });
  });
});

describe("is refused:", () => {
  test("more headers than can be carried", () => {
    const some = (count: number) => Array.from({ length: count }, (_, n): [string, string] => [`h${n}`, ""]);
    expect(Object.keys(carriedHeaders(some(limits.maxHeaders)))).toHaveLength(limits.maxHeaders);
    expect(() => carriedHeaders(some(limits.maxHeaders + 1))).toThrow(/at most 64/);
  });

  test("larger headers than can be carried, in bytes", () => {
    const ofBytes = (bytes: number): [string, string][] => [["h", `${"ü".repeat((bytes - 2) / 2)}.`]];
    expect(carriedHeaders(ofBytes(limits.maxHeaderBytes))).toHaveProperty("h");
    expect(() => carriedHeaders(ofBytes(limits.maxHeaderBytes + 2))).toThrow(/at most 16384/);
  });
});
