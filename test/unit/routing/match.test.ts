import { describe, expect, test } from "vitest";
import { explainMatch } from "../../../shared/routing/explain.ts";
import { matchMessage } from "../../../shared/routing/match.ts";
import { endpointsIn, isMatch, read, viewOf } from "./table-with.ts";

const header = (name: string) => ({ type: "Headers", pattern: { [name]: [{ exists: true }] } });
const filters = {
  all: { type: "MatchAll" },
  a: header("a"),
  b: header("b"),
  c: header("c"),
};

describe("priorities", () => {
  const compiled = read({
    filters,
    backupLists: { toSpare: ["spare", "third"] },
    entries: [
      { filter: "all", endpoint: "spare" },
      { filter: "a", endpoint: "echo", priority: 2, backupList: "toSpare", backupOnFault: true },
      { filter: "b", endpoint: "third", priority: 2 },
      { filter: "c", endpoint: "echo", priority: 2 },
    ],
  });
  const sentTo = (headers: Record<string, string>) =>
    endpointsIn(matchMessage(compiled, viewOf({ headers })));

  test("the highest level with a match wins, and lower ones are not looked at", () => {
    expect(sentTo({ a: "1" })).toEqual(["echo"]);
    expect(sentTo({})).toEqual(["spare"]);
  });

  test("all matches of that level are taken, in the order of the table", () => {
    expect(sentTo({ b: "1", a: "1" })).toEqual(["echo", "third"]);
  });

  test("an endpoint that several entries name gets the message once, with the backups of the first", () => {
    const match = matchMessage(compiled, viewOf({ headers: { a: "1", c: "1" } }));
    expect(match).toEqual({
      outcome: "matched",
      priority: 2,
      branches: [{ endpoint: "echo", entries: [1, 3], backups: ["spare", "third"], backupOnFault: true }],
    });
  });

  test("a fault moves to the backups only where the entry says so", () => {
    expect(matchMessage(compiled, viewOf({ headers: { c: "1" } }))).toMatchObject({
      branches: [{ backupOnFault: false }],
    });
  });
});

describe("exchanges", () => {
  const compiled = read({
    filters,
    entries: [
      { filter: "a", endpoint: "echo", priority: 5 },
      { filter: "a", endpoint: "answer", priority: 1 },
      { filter: "b", endpoint: "other", priority: 1 },
    ],
  });
  const ask = (headers: Record<string, string>) =>
    matchMessage(compiled, viewOf({ inbound: "ask", headers }));

  test("an entry serves inbound endpoints of its own exchange only", () => {
    expect(endpointsIn(ask({ a: "1" }))).toEqual(["answer"]);
    expect(endpointsIn(matchMessage(compiled, viewOf({ headers: { a: "1" } })))).toEqual(["echo"]);
  });

  test("a request that several endpoints could answer is told as ambiguous", () => {
    expect(ask({ a: "1", b: "1" })).toMatchObject({
      outcome: "ambiguous",
      priority: 1,
      branches: [{ endpoint: "answer" }, { endpoint: "other" }],
    });
  });

  test("a message that nothing matches, or of an unknown inbound endpoint, is told as such", () => {
    expect(ask({})).toEqual({ outcome: "no-match" });
    expect(matchMessage(compiled, viewOf({ inbound: "constructor" }))).toEqual({
      outcome: "unknown-inbound",
    });
  });
});

describe("filters on filters", () => {
  const table = {
    filters: {
      ...filters,
      it: { type: "Or", filters: ["both", "notA"] },
      both: { type: "And", filters: ["a", "b", "c"] },
      notA: { type: "Not", filter: "a" },
    },
  };
  test.each([
    [{ a: "1", b: "1", c: "1" }, true],
    [{ a: "1", b: "1" }, false],
    [{ b: "1" }, true],
    [{}, true],
  ])("And, Or and Not may be nested: %j", (headers, expected) => {
    expect(isMatch({}, { headers }, table)).toBe(expected);
  });

  test("Not of what cannot be judged does not match: a broken message must not get through", () => {
    const broken = { it: { type: "Not", filter: "x" }, x: { type: "XPath", expression: "/a" } };
    expect(isMatch({}, { body: "<b/>" }, { filters: broken })).toBe(true);
    expect(isMatch({}, { body: "<a" }, { filters: broken })).toBe(false);
  });

  test("a custom filter is a function registered by name", () => {
    const custom = { type: "Custom", name: "isEven" };
    expect(isMatch(custom, { headers: { a: "1", b: "2" } })).toBe(true);
    expect(isMatch(custom, { headers: { a: "1" } })).toBe(false);
  });
});

describe("actions and addresses", () => {
  test.each([
    [{ headers: { soapaction: '"urn:go"' } }, true],
    [{ headers: { "content-type": 'application/soap+xml; charset=utf-8; action="urn:go"' } }, true],
    [{ headers: { action: "urn:go" } }, true],
    [{ headers: { action: "urn:GO" } }, false],
    [{ headers: {} }, false],
    [
      {
        headers: { soapaction: '"urn:other"' },
        body: `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">
          <s:Header><a:Action> urn:go </a:Action></s:Header><s:Body/></s:Envelope>`,
      },
      true,
    ],
  ])("an action is that of the SOAP header, the content type or a header: %j", (message, expected) => {
    expect(isMatch({ type: "Action", actions: ["urn:start", "urn:go"] }, message)).toBe(expected);
  });

  test.each([
    ["https://other/api/router/Events/?x=1", true],
    ["http://host/api/router/events", false],
    ["https://host:444/api/router/events", false],
    ["/api/router/events", true],
    ["https://host/api/router/events/more", false],
  ])(
    "EndpointAddress compares all but the host, the query, case and a slash at the end: %s",
    (address, expected) => {
      expect(
        isMatch({ type: "EndpointAddress", address: "https://host/api/router/events" }, { address }),
      ).toBe(expected);
    },
  );

  test("the header `to` goes before where a message was sent", () => {
    const filter = { type: "EndpointAddress", address: "/orders" };
    expect(isMatch(filter, { address: "https://host/api", headers: { to: "https://any/orders" } })).toBe(
      true,
    );
    expect(isMatch(filter, {})).toBe(false);
  });

  test("PrefixEndpointAddress compares whole segments", () => {
    const filter = { type: "PrefixEndpointAddress", address: "/api/orders" };
    expect(isMatch(filter, { address: "/API/orders/new" })).toBe(true);
    expect(isMatch(filter, { address: "/api/orders2" })).toBe(false);
  });

  test("of the prefixes of a level only the longest counts; other filters are not touched by that", () => {
    const compiled = read({
      filters: {
        ...filters,
        broad: { type: "PrefixEndpointAddress", address: "/api" },
        narrow: { type: "PrefixEndpointAddress", address: "/api/orders" },
      },
      entries: [
        { filter: "broad", endpoint: "echo" },
        { filter: "narrow", endpoint: "spare" },
        { filter: "a", endpoint: "third" },
      ],
    });
    const sentTo = (address: string) =>
      endpointsIn(matchMessage(compiled, viewOf({ address, headers: { a: "1" } })));
    expect(sentTo("/api/orders/1")).toEqual(["spare", "third"]);
    expect(sentTo("/api/users")).toEqual(["echo", "third"]);
  });

  test("EndpointName is the inbound endpoint that received the message", () => {
    expect(isMatch({ type: "EndpointName", name: "events" }, {})).toBe(true);
    expect(
      isMatch(
        { type: "Not", filter: "named" },
        {},
        {
          filters: { it: { type: "Not", filter: "named" }, named: { type: "EndpointName", name: "events" } },
          entries: [{ filter: "named", endpoint: "echo" }],
        },
      ),
    ).toBe(true);
  });
});

test("explaining tells of each entry why it was taken or not", () => {
  const compiled = read({
    filters: {
      ...filters,
      json: { type: "Fields", pattern: { a: [1] } },
      broad: { type: "PrefixEndpointAddress", address: "/api" },
      narrow: { type: "PrefixEndpointAddress", address: "/api/orders" },
    },
    entries: [
      { filter: "a", endpoint: "echo", priority: 1 },
      { filter: "b", endpoint: "echo", priority: 1 },
      { filter: "all", endpoint: "spare" },
      { filter: "a", endpoint: "answer", priority: 9 },
      { filter: "json", endpoint: "third", priority: 1 },
      { filter: "broad", endpoint: "spare", priority: 1 },
      { filter: "narrow", endpoint: "third", priority: 1 },
    ],
  });
  const { match, entries } = explainMatch(
    compiled,
    viewOf({ headers: { a: "1" }, address: "/api/orders", body: "<a/>" }),
  );
  expect(endpointsIn(match)).toEqual(["echo", "third"]);
  expect(entries.map(({ isMatch, isTaken, reason }) => [isMatch, isTaken, reason])).toEqual([
    [true, true, "the filter matches, and no entry of higher priority does"],
    [false, false, "the filter does not match"],
    [true, false, "the filter matches, but so does an entry of priority 1"],
    [true, false, "the filter matches, but 'answer' is request-reply and 'events' is one-way"],
    [false, false, "the filter does not match: the body is not JSON"],
    [true, false, "the filter matches, but another prefix at this priority is longer"],
    [true, true, "the filter matches, and no entry of higher priority does"],
  ]);
});
