import { describe, expect, test } from "vitest";
import { routingLimits } from "../../../shared/routing/limits.ts";
import { viewOf } from "./table-with.ts";

const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;

describe("a body", () => {
  test.each([
    ["application/json", '{"a":1}', { value: { a: 1 } }],
    ["application/cloudevents+json; charset=utf-8", "[1]", { value: [1] }],
    ["", " 5", { value: 5 }],
    ["text/plain", '"a"', { value: "a" }],
    ["application/xml", '{"a":1}', { reason: "the body is not JSON" }],
    ["application/json", "<a/>", { reason: "the body is not JSON" }],
    ["application/json", "", { reason: "the body is not JSON" }],
    ["application/json", "{'a':1}", { reason: "the body is not JSON" }],
  ])("is read as JSON, if it is said to be or looks it: %s %s", (type, body, expected) => {
    expect(viewOf({ headers: { "content-type": type }, body }).json).toEqual(expected);
  });

  test.each([
    ["application/soap+xml", "\uFEFF\n<a/>", "a"],
    ["", "<a/>", "a"],
    ["application/json", "<a/>", "the body is not XML"],
    ["text/xml", "a", "the body is not XML"],
  ])("is read as XML likewise: %s %s", (type, body, expected) => {
    const { xml } = viewOf({ headers: { "content-type": type }, body });
    expect("value" in xml ? xml.value.documentElement?.nodeName : xml.reason).toBe(expected);
  });

  test("may be bytes", () => {
    expect(viewOf({ body: Buffer.from('xx{"a":"é"}').subarray(2) }).json).toEqual({ value: { a: "é" } });
  });

  test("is looked at within its limits only", () => {
    const tooLong = `"${"x".repeat(routingLimits.maxBodyBytes)}"`;
    expect(viewOf({ body: tooLong }).json).toEqual({ reason: "the body is larger than 1048576 bytes" });
    expect(viewOf({ body: nested(routingLimits.maxBodyDepth) }).json).toHaveProperty("value");
    for (const depth of [routingLimits.maxBodyDepth + 1, 100_000]) {
      expect(viewOf({ body: nested(depth) }).json).toEqual({
        reason: "the body is nested deeper than 64 levels",
      });
    }
    const flat = JSON.stringify(Array.from({ length: 1_000 }, () => ({})));
    expect(viewOf({ body: flat }).json).toHaveProperty("value");
  });

  test("is parsed once", () => {
    const view = viewOf({ json: { a: 1 } });
    expect(view.json).toBe(view.json);
  });
});

describe("a SOAP message", () => {
  const soap = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">
    <s:Header><a:Action>urn:a</a:Action><a:To>http://host/b</a:To></s:Header><s:Body/></s:Envelope>`;

  test("tells its version, action and address, which go before those of the transport", () => {
    const view = viewOf({ body: soap, headers: { soapaction: "urn:other", to: "/x" }, address: "/y" });
    expect([view.envelope?.version, view.action, view.address]).toEqual(["1.1", "urn:a", "http://host/b"]);
  });

  test("whose headers are in the namespace of the original's own transport is understood too", () => {
    const none = soap.replace(
      "http://schemas.xmlsoap.org/ws/2004/08/addressing",
      "http://schemas.microsoft.com/ws/2005/05/addressing/none",
    );
    expect(viewOf({ body: none }).action).toBe("urn:a");
  });

  test("is not what only looks like one", () => {
    expect(
      viewOf({ body: soap.replace("schemas.xmlsoap.org/soap", "example.com/soap") }).envelope,
    ).toBeUndefined();
  });
});

test("a message without any of this has neither action nor address", () => {
  const view = viewOf({});
  expect([view.action, view.address, view.comparedAddress, view.attributes]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
