import { describe, expect, test } from "vitest";
import { isMatch } from "./table-with.ts";

/* What the manual of Amazon EventBridge says of each comparison, with events of our own. */

const upload = {
  version: "0",
  id: "6a7e8feb",
  "detail-type": "Object Created",
  source: "shop.files",
  account: "123456789012",
  time: "2026-10-02T16:24:49Z",
  region: "eu-west-1",
  resources: ["arn:shop:files:eu-west-1:123456789012:store/photos", "arn:shop:files:eu-west-1::store/copy"],
  detail: {
    file: "cats/Grey Cat.PNG",
    path: "/users/anna/cats/grey.png",
    note: "",
    previous: null,
    size: 301.8,
    parts: 5,
    sender: { address: "10.0.0.123", tags: ["inside", "fast"] },
    state: "Running",
    isPublic: false,
    history: [
      { by: "anna", at: 1, ok: true },
      { by: "peter", at: 2, ok: false },
    ],
  },
};

const fits = (pattern: unknown, event: unknown = upload): boolean =>
  isMatch({ type: "Fields", pattern }, { json: event });

describe("values", () => {
  test.each([
    ["of several fields must all be there", { source: ["shop.files"], region: ["eu-west-1"] }, true],
    ["of one field may be any of those listed", { source: ["shop.carts", "shop.files"] }, true],
    ["are compared with regard to case", { source: ["Shop.Files"] }, false],
    ["that are empty texts match", { detail: { note: [""] } }, true],
    ["that are null match null", { detail: { previous: [null] } }, true],
    ["that are null are no empty texts", { detail: { note: [null] } }, false],
    ["of a list need one in common", { resources: ["x", "arn:shop:files:eu-west-1::store/copy"] }, true],
    ["of a list that has none in common do not match", { resources: ["x", "y"] }, false],
    ["of texts are no numbers", { detail: { parts: ["5"] } }, false],
    ["may be false", { detail: { isPublic: [false] } }, true],
    ["in objects in lists are looked at", { detail: { history: { by: ["peter"] } } }, true],
    ["in one object of a list belong together", { detail: { history: { by: ["anna"], at: [2] } } }, false],
    ["in a list in an object", { detail: { sender: { tags: ["fast"] } } }, true],
  ])("%s", (_what, pattern, expected) => {
    expect(fits(pattern)).toBe(expected);
  });
});

describe("comparisons", () => {
  test.each([
    ["time", { prefix: "2026-10-02" }, true],
    ["region", { prefix: "us-" }, false],
    ["detail-type", { prefix: { "equals-ignore-case": "object c" } }, true],
    ["detail-type", { "equals-ignore-case": "OBJECT CREATED" }, true],
    ["detail-type", { suffix: "Created" }, true],
    ["detail-type", { suffix: { "equals-ignore-case": "CREATED" } }, true],
    ["account", { "anything-but": "123456789012" }, false],
    ["resources", { suffix: "/photos" }, true],
    ["resources", { wildcard: "arn:shop:*:eu-west-1:*:store/*" }, true],
    ["missing", { exists: false }, true],
    ["missing", { "anything-but": ["x"] }, false],
  ])("of a field: %s %j", (field, comparison, expected) => {
    expect(fits({ [field]: [comparison] })).toBe(expected);
  });

  test.each([
    ["file", { suffix: ".png" }, false],
    ["file", { suffix: { "equals-ignore-case": ".png" } }, true],
    ["path", { wildcard: "/users/*/cats/*.png" }, true],
    ["path", { wildcard: "/users/*/dogs/*" }, false],
    ["path", { wildcard: "*" }, true],
    ["state", { "anything-but": "Stopped" }, true],
    ["state", { "anything-but": ["Stopped", "Running"] }, false],
    ["state", { "anything-but": { prefix: "Run" } }, false],
    ["state", { "anything-but": { prefix: ["Run", "Stop"] } }, false],
    ["state", { "anything-but": { suffix: "ped" } }, true],
    ["state", { "anything-but": { suffix: ["ped", "ing"] } }, false],
    ["state", { "anything-but": { "equals-ignore-case": "running" } }, false],
    ["state", { "anything-but": { "equals-ignore-case": ["stopped", "initial"] } }, true],
    ["path", { "anything-but": { wildcard: "*/cats/*" } }, false],
    ["path", { "anything-but": { wildcard: ["*/dogs/*", "*.txt"] } }, true],
    ["size", { numeric: [">", 0, "<=", 301.8] }, true],
    ["size", { numeric: [">", 301.8] }, false],
    ["size", { numeric: ["=", 3.018e2] }, true],
    ["size", { numeric: ["<", 301.8] }, false],
    ["size", { numeric: [">=", 301.8, "<", 301.9] }, true],
    ["size", { "anything-but": [100, 200, 300] }, true],
    ["parts", { "anything-but": 5 }, false],
    ["parts", { exists: true }, true],
    ["parts", { exists: false }, false],
    ["previous", { exists: true }, true],
    ["note", { prefix: "" }, true],
  ])("of a field below: %s %j", (field, comparison, expected) => {
    expect(fits({ detail: { [field]: [comparison] } })).toBe(expected);
  });

  test.each([
    ["10.0.0.0/24", true],
    ["10.0.0.0/26", false],
    ["10.0.0.123/32", true],
    ["0.0.0.0/0", true],
    ["::/0", false],
  ])("of an address with the net %s", (cidr, expected) => {
    expect(fits({ detail: { sender: { address: [{ cidr }] } } })).toBe(expected);
  });

  test("of several kinds in one field are alternatives", () => {
    const state = ["Stopped", { prefix: "Pend" }, { "equals-ignore-case": "RUNNING" }];
    expect(fits({ detail: { state } })).toBe(true);
    expect(fits({ detail: { size: [{ numeric: ["<", 1] }, { numeric: [">", 300] }] } })).toBe(true);
  });

  test("of several fields must all hold", () => {
    const detail = { state: [{ "anything-but": "init" }], parts: [{ numeric: [">", 0, "<=", 5] }] };
    expect(fits({ time: [{ prefix: "2026" }], detail: { ...detail, size: [{ numeric: ["<", 400] }] } })).toBe(
      true,
    );
    expect(fits({ time: [{ prefix: "2026" }], detail: { ...detail, size: [{ numeric: ["<", 300] }] } })).toBe(
      false,
    );
  });
});

describe("$or", () => {
  const few = { parts: [{ numeric: ["<", 3] }] };
  const large = { size: [{ numeric: [">", 300] }] };
  const open = { isPublic: [true] };

  test.each([
    [{ $or: [few, large, open] }, true],
    [{ $or: [few, open] }, false],
    [{ state: ["Running"], $or: [few, large] }, true],
    [{ state: ["Stopped"], $or: [few, large] }, false],
    [
      {
        $or: [
          { ...few, ...large },
          { ...large, state: ["Running"] },
        ],
      },
      true,
    ],
    [{ $or: [few, { state: ["Running"], $or: [open, large] }] }, true],
  ])("needs one of its alternatives, and all beside it: %j", (detail, expected) => {
    expect(fits({ detail })).toBe(expected);
  });
});

test("a key with dots is the name of one field", () => {
  expect(fits({ "detail.state": ["Running"] })).toBe(false);
  expect(fits({ labels: { "shop.org/team": ["a"] } }, { labels: { "shop.org/team": "a" } })).toBe(true);
});
