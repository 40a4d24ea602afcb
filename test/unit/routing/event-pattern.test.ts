import { describe, expect, test } from "vitest";
import { faultsOf, isMatch } from "./table-with.ts";

const event = {
  version: "0",
  "detail-type": "EC2 Instance State-change Notification",
  source: "aws.ec2",
  time: "2017-10-02T16:24:49Z",
  resources: ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000"],
  detail: {
    "c-count": 5,
    "d-count": 3,
    "x-limit": 301.8,
    "source-ip": "10.0.0.33",
    state: "running",
    nothing: null,
    isOn: true,
    empty: [],
    employees: [
      { firstName: "Anna", lastName: "Smith" },
      { firstName: "Peter", lastName: "Jones" },
    ],
    nested: [[{ id: 1 }], [{ id: 2, tag: "x" }]],
  },
};

const matches = (pattern: unknown, json: unknown = event): boolean =>
  isMatch({ type: "Fields", pattern }, { json });

describe("a pattern of literals", () => {
  test("matches when every field has one of the values", () => {
    expect(matches({ source: ["aws.ec2"], detail: { state: ["initializing", "running"] } })).toBe(true);
    expect(matches({ source: ["aws.ec2"], detail: { state: ["stopped"] } })).toBe(false);
  });

  test.each([
    [{ resources: ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000"] }, true],
    [{ detail: { "c-count": [5] } }, true],
    [{ detail: { "c-count": ["5"] } }, false],
    [{ detail: { nothing: [null] } }, true],
    [{ detail: { state: [null] } }, false],
    [{ detail: { isOn: [true] } }, true],
    [{ detail: { missing: [null] } }, false],
    [{ detail: ["running"] }, false],
    [{ constructor: ["x"] }, false],
  ])("compares type and value: %j", (pattern, expected) => {
    expect(matches(pattern)).toBe(expected);
  });

  test("compares numbers by value, however they are written", () => {
    expect(isMatch({ type: "Fields", pattern: { n: [300] } }, { body: '{"n":3.0e2}' })).toBe(true);
  });
});

describe("an operator", () => {
  test.each([
    ["time", { prefix: "2017-10-02" }, true],
    ["time", { prefix: "2018" }, false],
    ["source", { prefix: { "equals-ignore-case": "AWS." } }, true],
    ["source", { suffix: "ec2" }, true],
    ["source", { suffix: { "equals-ignore-case": "EC2" } }, true],
    ["source", { suffix: "ec3" }, false],
    ["source", { "equals-ignore-case": "AWS.EC2" }, true],
    ["source", { wildcard: "a*.e*2" }, true],
    ["source", { wildcard: "*" }, true],
    ["source", { wildcard: "aws*aws*" }, false],
    ["source", { wildcard: "aws.ec2" }, true],
    ["source", { "anything-but": "aws.s3" }, true],
    ["source", { "anything-but": "aws.ec2" }, false],
    ["source", { "anything-but": ["aws.s3", "aws.ec2"] }, false],
    ["source", { "anything-but": { prefix: "aws" } }, false],
    ["source", { "anything-but": { prefix: ["gcp", "azure"] } }, true],
    ["source", { "anything-but": { suffix: "ec2" } }, false],
    ["source", { "anything-but": { wildcard: "*ec*" } }, false],
    ["source", { "anything-but": { "equals-ignore-case": ["AWS.EC2"] } }, false],
    ["source", { exists: true }, true],
    ["missing", { exists: true }, false],
    ["missing", { exists: false }, true],
    ["source", { exists: false }, false],
    ["missing", { "anything-but": "x" }, false],
  ])("on a text: %s %j", (field, operator, expected) => {
    expect(matches({ [field]: [operator] })).toBe(expected);
  });

  test.each([
    ["c-count", { numeric: [">", 0, "<=", 5] }, true],
    ["c-count", { numeric: [">", 5] }, false],
    ["d-count", { numeric: ["<", 10] }, true],
    ["x-limit", { numeric: ["=", 3.018e2] }, true],
    ["x-limit", { numeric: [">=", 301.8, "<", 302] }, true],
    ["state", { numeric: [">", 0] }, false],
    ["c-count", { prefix: "5" }, false],
    ["c-count", { "anything-but": [100, 200] }, true],
    ["c-count", { "anything-but": [5] }, false],
    ["nothing", { exists: true }, true],
    ["empty", { exists: true }, false],
    ["empty", { exists: false }, true],
    ["source-ip", { cidr: "10.0.0.0/24" }, true],
    ["source-ip", { cidr: "10.1.0.0/24" }, false],
    ["source-ip", { cidr: "2001:db8::/32" }, false],
    ["state", { cidr: "10.0.0.0/8" }, false],
  ])("on a field of an object: %s %j", (field, operator, expected) => {
    expect(matches({ detail: { [field]: [operator] } })).toBe(expected);
  });

  test("cidr takes addresses of both kinds", () => {
    expect(matches({ ip: [{ cidr: "2001:db8::/32" }] }, { ip: "2001:db8:1::5" })).toBe(true);
  });

  test("an escaped wildcard stands for itself", () => {
    expect(matches({ a: [{ wildcard: "x\\*y*" }] }, { a: "x*yz" })).toBe(true);
    expect(matches({ a: [{ wildcard: "x\\*y*" }] }, { a: "xxyz" })).toBe(false);
  });

  test("absence is of values: a field that holds an object has none of its own", () => {
    expect(matches({ detail: [{ exists: false }] })).toBe(true);
  });
});

describe("lists in an event", () => {
  test.each([
    [{ firstName: ["Anna"] }, true],
    [{ firstName: ["Anna"], lastName: ["Smith"] }, true],
    [{ firstName: ["Anna"], lastName: ["Jones"] }, false],
  ])("fit when one item has all fields: %j", (employees, expected) => {
    expect(matches({ detail: { employees } })).toBe(expected);
  });

  test("may be nested", () => {
    expect(matches({ detail: { nested: { id: [2], tag: ["x"] } } })).toBe(true);
    expect(matches({ detail: { nested: { id: [1], tag: ["x"] } } })).toBe(false);
  });

  test("absence in a list is absence in all of its items", () => {
    expect(matches({ detail: { nested: { tag: [{ exists: false }] } } })).toBe(false);
    expect(matches({ detail: { nested: { none: [{ exists: false }] } } })).toBe(true);
  });
});

describe("$or", () => {
  const pattern = {
    source: ["aws.cloudwatch"],
    $or: [
      { metricName: ["CPUUtilization", "ReadLatency"] },
      {
        metricType: ["MetricType"],
        namespace: ["AWS/EC2"],
        $or: [{ metricId: [1234] }, { spaceId: [1000] }],
      },
      { scope: ["Service"] },
    ],
  };

  test.each([
    [{ source: "aws.cloudwatch", metricName: "ReadLatency" }, true],
    [{ source: "aws.cloudwatch", scope: "Service" }, true],
    [{ source: "other", scope: "Service" }, false],
    [{ source: "aws.cloudwatch", metricType: "MetricType", namespace: "AWS/EC2" }, false],
    [{ source: "aws.cloudwatch", metricType: "MetricType", namespace: "AWS/EC2", spaceId: 1000 }, true],
  ])("needs one of its alternatives: %j", (json, expected) => {
    expect(matches(pattern, json)).toBe(expected);
  });

  test("speaks of the same item of a list as the fields beside it", () => {
    const either = { items: { kind: ["a"] }, $or: [{ items: { size: [1] } }, { items: { size: [2] } }] };
    expect(matches(either, { items: [{ kind: "a" }, { kind: "b", size: 1 }] })).toBe(false);
    expect(matches(either, { items: [{ kind: "a", size: 2 }] })).toBe(true);
  });

  test("is a field like any other when it is no list of objects", () => {
    expect(matches({ $or: { metricType: ["x"] } }, { $or: { metricType: "x" } })).toBe(true);
  });
});

describe("a pattern that is not sound", () => {
  test.each([
    [{}, "pattern: must not be empty"],
    [{ a: [] }, "pattern.a: must not be empty"],
    [{ a: {} }, "pattern.a: must not be empty"],
    [{ a: "x" }, "pattern.a: must be a list of what matches, or an object with fields"],
    [{ a: [{ near: 1 }] }, "pattern.a.0: has no operator 'near'"],
    [{ a: [{ prefix: 1 }] }, "pattern.a.0.prefix: must be a text"],
    [{ a: [{ prefix: "a", suffix: "b" }] }, "pattern.a.0: must hold one operator"],
    [{ a: [{ numeric: [">"] }] }, 'pattern.a.0.numeric: must be like [">", 0]'],
    [{ a: [{ numeric: [">", 5, "<", 1] }] }, "pattern.a.0.numeric: can never be"],
    [{ a: [{ numeric: ["<", 5, ">", 1] }] }, "pattern.a.0.numeric: must compare"],
    [{ a: [{ wildcard: "a**b" }] }, "pattern.a.0.wildcard: must not hold two wildcards in a row"],
    [{ a: [{ wildcard: "a\\b" }] }, "pattern.a.0.wildcard: may escape"],
    [{ a: [{ "anything-but": ["x", 1] }] }, "pattern.a.0.anything-but: must hold texts only or numbers only"],
    [{ a: [{ cidr: "10.0.0.0/64" }] }, "pattern.a.0.cidr: must be an IP address"],
    [{ a: [{ exists: "yes" }] }, "pattern.a.0.exists: must be true or false"],
    [{ a: [["x"]] }, "pattern.a.0: must be a literal"],
  ])("is refused with its place: %j", (pattern, fault) => {
    const [first = ""] = faultsOf({ filters: { bad: { type: "Fields", pattern } } });
    expect(first).toContain(`filters.bad.${fault}`);
  });

  test("may not make more alternatives than the limit", () => {
    const or = [{ a: [1] }, { b: [1] }, { c: [1] }, { d: [1] }];
    const pattern = { x: { $or: or }, y: { $or: or }, z: { $or: or }, v: { $or: or }, w: { $or: or } };
    expect(faultsOf({ filters: { bad: { type: "Fields", pattern } } })[0]).toContain(
      "makes more than 1000 alternatives",
    );
  });
});

test("headers are matched without regard to the case of their names", () => {
  const filter = { type: "Headers", pattern: { "X-Tenant": ["blue", { prefix: "green" }] } };
  expect(isMatch(filter, { headers: { "x-tenant": "blue" } })).toBe(true);
  expect(isMatch(filter, { headers: { "X-TENANT": "greenish" } })).toBe(true);
  expect(isMatch(filter, { headers: {} })).toBe(false);
  expect(
    isMatch({ type: "Headers", pattern: { retries: [{ numeric: [">", 2] }] } }, { headers: { retries: 3 } }),
  ).toBe(true);
});
