import { describe, expect, test } from "vitest";
import {
  carryBranch,
  carryMessage,
  readCarried,
  readCarriedBranch,
} from "../../../shared/routing/carrier.ts";
import { firstCopy } from "../../../shared/routing/routed-message.ts";
import { incomingWith } from "../bus/incoming-with.ts";
import { branchWith, routedWith } from "./decision/routed-with.ts";

const message = routedWith(
  {
    headers: { "x-tenant": "blue", count: 1, isTest: true, odd: 'a "b" \n ü 😀' },
    orderingKey: "k",
    reply: { kind: "queue", sessionId: "s", correlationId: "c" },
    address: "http://host/api/router/events",
  },
  "not { json",
  "text/plain",
);

test("a message reads as it was carried, its body untouched", () => {
  const { contentType, applicationProperties } = carryMessage(message);
  const incoming = incomingWith({ body: message.body, contentType, applicationProperties });
  expect(readCarried(incoming)).toEqual(message);
});

test("a copy of a branch reads as it was carried", () => {
  const carried = { message, version: "default@7", branch: branchWith("a"), copy: firstCopy };
  const { contentType, applicationProperties } = carryBranch(carried);
  const incoming = incomingWith({ body: message.body, contentType, applicationProperties });
  expect(readCarriedBranch(incoming)).toEqual(carried);
});

test("what is carried never looks like JSON to whoever reads properties", () => {
  const carried = { message, version: "default@7", branch: branchWith("a"), copy: firstCopy };
  for (const text of Object.values(carryBranch(carried).applicationProperties))
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
});

test("a message without our property is somebody's fresh one", () => {
  expect(readCarried(incomingWith({ applicationProperties: { "x-tenant": "blue" } }))).toBeUndefined();
});

describe("what is not of our form is refused:", () => {
  const [good = ""] = Object.values(carryMessage(message).applicationProperties);
  const cases: [string, string | number][] = [
    ["another form", good.replace("1|", "2|")],
    ["no JSON", "1|{"],
    ["a number", 1],
    ["an id that is no key of a row", good.replace(/"logicalId":"0+"/, '"logicalId":"a/b"')],
    ["a field that we do not know", good.replace("{", '{"more":1,')],
    ["a message that is no pass", "1|[]"],
  ];

  test.each(cases)("%s", (_what, interrole) => {
    expect(() => readCarried(incomingWith({ applicationProperties: { interrole } }))).toThrow(
      expect.objectContaining({ kind: "invalid-request" }),
    );
  });

  test("a message of the outbox that says nothing of its branch", () => {
    expect(() => readCarriedBranch(incomingWith({ applicationProperties: { interrole: good } }))).toThrow(
      /its properties are missing/,
    );
  });
});

test("what is larger than a queue takes is refused, with its sizes", () => {
  const large = routedWith({ headers: { large: '"'.repeat(16_000) } });
  expect(() => carryMessage(large)).toThrow(
    expect.objectContaining({ kind: "payload-too-large", message: expect.stringMatching(/32000 each/) }),
  );
  const addresses = Array.from({ length: 17 }, (_, n) => ({
    name: `e${n}`,
    address: `https://example.com/${"x".repeat(1_900)}`,
    exchange: "one-way" as const,
    timeoutMs: 1,
  }));
  const branch = { ...branchWith("a"), targets: addresses };
  expect(() => carryBranch({ message, version: "v", branch, copy: firstCopy })).toThrow(
    expect.objectContaining({ kind: "payload-too-large" }),
  );
});
