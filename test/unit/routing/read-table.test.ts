import { describe, expect, test } from "vitest";
import { canonicalTable, contentHash } from "../../../shared/routing/content-hash.ts";
import { chooseEndpoint } from "../../../shared/routing/choose.ts";
import { routingLimits } from "../../../shared/routing/limits.ts";
import { localRun, type OutboundPolicy } from "../../../shared/routing/outbound-policy.ts";
import { overlaySchema } from "../../../shared/routing/overlay.ts";
import { readTable } from "../../../shared/routing/read-table.ts";
import { faultsOf, read, rules, tableWith } from "./table-with.ts";

const endpoint = (parts: Record<string, unknown>) => ({
  endpoints: { it: { address: "queue:x", exchange: "one-way", ...parts } },
});

test("the table of the documentation is taken, with what is not said filled in", () => {
  const table = {
    name: "default",
    namespaces: { t: "urn:tester" },
    inbound: { events: { exchange: "one-way" }, ask: { exchange: "request-reply" } },
    endpoints: {
      echo: { address: "http://127.0.0.1:9001/echo", exchange: "one-way", timeoutMs: 5000 },
      spare: { address: "queue:spare", exchange: "one-way" },
    },
    filters: {
      aTopic: { type: "XPath", expression: "starts-with(/t:Echo/t:topic, 'A')" },
      large: {
        type: "Fields",
        pattern: { data: { amount: [{ numeric: [">=", 100] }], kind: ["order", { prefix: "ord-" }] } },
      },
      either: { type: "Or", filters: ["aTopic", "large"] },
      policy: { type: "Cel", expression: "headers['x-tenant'] == 'blue' && body.amount > 10.0" },
    },
    backupLists: { toSpare: ["spare"] },
    entries: [{ filter: "either", endpoint: "echo", priority: 1, backupList: "toSpare" }],
  };
  const read = readTable(JSON.stringify(table), { ...rules, outbound: localRun }).table;
  expect(read).toMatchObject({ routeOnHeadersOnly: false, soapProcessingEnabled: true, choices: {} });
  expect(read.endpoints["spare"]?.timeoutMs).toBe(routingLimits.defaultTimeoutMs);
  expect(read.entries[0]?.backupOnFault).toBe(false);
});

describe("a table is refused with the place and what is allowed", () => {
  test.each([
    [{ more: 1 }, "(whole): Unrecognized key"],
    [{ name: "a/b" }, "name: must start with a letter or digit"],
    [{ inbound: { events: { exchange: "both" } } }, "inbound.events.exchange: Invalid option"],
    [{ filters: { a: { type: "Regex" } } }, "filters.a.type: Invalid"],
    [{ entries: [{ filter: "none", endpoint: "echo" }] }, "entries.0.filter: there is no filter 'none'"],
    [
      { entries: [{ filter: "all", endpoint: "toString" }] },
      "entries.0.endpoint: there is no endpoint or choice 'toString'",
    ],
    [
      { entries: [{ filter: "all", endpoint: "echo", backupList: "b" }] },
      "entries.0.backupList: there is no backup list 'b'",
    ],
    [{ entries: [{ filter: "all", endpoint: "echo", priority: 0.5 }] }, "entries.0.priority"],
    [
      {
        entries: [
          { filter: "all", endpoint: "echo" },
          { filter: "all", endpoint: "echo" },
        ],
      },
      "entries.1: is the same filter and endpoint as entries.0",
    ],
    [{ backupLists: { b: ["spare", "spare"] } }, "backupLists.b.1: names 'spare' twice"],
    [{ backupLists: { b: ["none"] } }, "backupLists.b.0: there is no endpoint 'none'"],
    [{ filters: { a: { type: "Or", filters: ["none"] } } }, "filters.a.filters.0: there is no filter 'none'"],
    [{ filters: { a: { type: "Not", filter: "a" } } }, "filters.a: names itself"],
    [
      { filters: { a: { type: "And", filters: ["b"] }, b: { type: "Or", filters: ["a"] } } },
      "filters.a: names itself, through",
    ],
    [
      { filters: { a: { type: "EndpointName", name: "none" } } },
      "filters.a.name: there is no inbound endpoint 'none'",
    ],
    [
      { filters: { a: { type: "Custom", name: "none" } } },
      "filters.a.name: no custom filter 'none' is registered; there are: isEven",
    ],
  ])("%j", (parts, fault) => {
    expect(faultsOf(parts).join("\n")).toContain(fault);
  });

  test("also when filters name filters too deeply, however long the chain is", () => {
    const chain = Array.from({ length: 1_000 }, (_, at): [string, unknown] => [
      `f${at}`,
      at === 0 ? { type: "MatchAll" } : { type: "Not", filter: `f${at - 1}` },
    ]);
    expect(faultsOf({ filters: Object.fromEntries(chain) })[0]).toBe(
      "filters.f16: names filters in each other deeper than 16 levels",
    );
  });
});

describe("exchanges that do not fit are refused", () => {
  const ofAsk = {
    all: { type: "MatchAll" },
    ofAsk: { type: "EndpointName", name: "ask" },
    x: { type: "Headers", pattern: { x: ["1"] } },
    both: { type: "And", filters: ["x", "ofAsk"] },
  };
  test.each([
    [
      { filters: ofAsk, entries: [{ filter: "ofAsk", endpoint: "echo" }] },
      "entries.0: endpoint 'echo' is one-way, and none of ask is",
    ],
    [
      { filters: ofAsk, entries: [{ filter: "both", endpoint: "echo" }] },
      "entries.0: endpoint 'echo' is one-way, and none of ask is",
    ],
    [
      { inbound: { events: { exchange: "one-way" } }, entries: [{ filter: "all", endpoint: "answer" }] },
      "entries.0: endpoint 'answer' is request-reply, and no inbound endpoint is",
    ],
    [
      { backupLists: { b: ["answer"] }, entries: [{ filter: "all", endpoint: "echo", backupList: "b" }] },
      "entries.0.backupList: 'answer' is request-reply, but 'echo' is one-way",
    ],
    [
      { backupLists: { b: ["echo"] }, entries: [{ filter: "all", endpoint: "echo", backupList: "b" }] },
      "entries.0.backupList: 'echo' is its own backup",
    ],
    [
      { choices: { c: { policy: "round-robin", endpoints: ["echo", "answer"] } } },
      "choices.c.endpoints: must all have one exchange",
    ],
    [
      { choices: { echo: { policy: "round-robin", endpoints: ["spare"] } } },
      "choices.echo: is also the name of an endpoint",
    ],
    [
      endpoint({ exchange: "request-reply" }),
      "endpoints.it.exchange: request-reply needs an http(s) or router address",
    ],
    [
      endpoint({ address: "router:ask" }),
      "endpoints.it.exchange: is one-way, but inbound endpoint 'ask' is request-reply",
    ],
    [endpoint({ address: "router:none" }), "endpoints.it.address: there is no inbound endpoint 'none'"],
  ])("%j", (parts, fault) => {
    expect(faultsOf(parts)).toContainEqual(expect.stringContaining(fault));
  });

  test("but entries of filters that say nothing of inbound endpoints serve those that fit", () => {
    expect(
      faultsOf({
        entries: [
          { filter: "all", endpoint: "echo" },
          { filter: "all", endpoint: "answer" },
        ],
      }),
    ).toEqual([]);
  });
});

describe("entries that can never be reached are refused", () => {
  test("because one above takes everything of the same exchange", () => {
    const entries = [
      { filter: "all", endpoint: "echo", priority: 2 },
      { filter: "all", endpoint: "spare", priority: 1 },
      { filter: "all", endpoint: "answer" },
    ];
    expect(faultsOf({ entries })).toEqual([
      "entries.1: can never be reached: entries of higher priority match every message of events",
    ]);
  });

  test("but not because one at the same level does", () => {
    expect(
      faultsOf({
        entries: [
          { filter: "all", endpoint: "echo" },
          { filter: "all", endpoint: "spare" },
        ],
      }),
    ).toEqual([]);
  });
});

describe("addresses", () => {
  test.each([
    "https://api.example.com/x?y=1",
    "http://example.com:8080",
    "https://8.8.8.8/",
    "queue:a/b-c.d",
    "topic:t",
    "session:abc_DEF-1",
    "user:Jörg Müller",
    "router:events",
    "router:second/ask",
  ])("may be %s", (address) => {
    expect(faultsOf(endpoint({ address }))).toEqual([]);
  });

  test.each([
    ["ftp://example.com", "must be http(s)://"],
    ["example.com", "must be http(s)://"],
    ["http://", "is no valid URL"],
    ["https://user:secret@example.com/", "must not hold a user or password"],
    ["https://example.com/#x", "must not hold a fragment"],
    ["queue:", "is no name of a queue"],
    ["queue:a b", "is no name of a queue"],
    ["queue:Router-Inbox", "the queue 'Router-Inbox' is the fleet's own"],
    ["topic:control", "the topic 'control' is the fleet's own"],
    ["session:a/b", "is no id of a session"],
    ["user:", "a user name has 1 to"],
    ["router:a/b/c", "is no inbound endpoint"],
  ])("may not be %s", (address, fault) => {
    expect(faultsOf(endpoint({ address }))).toEqual([expect.stringContaining(fault)]);
  });

  test.each([
    "http://localhost/",
    "http://a.localhost/",
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://10.0.0.1/",
    "http://172.16.5.4/",
    "http://192.168.1.1/",
    "http://169.254.169.254/metadata",
    "http://168.63.129.16/",
    "http://100.64.0.1/",
    "http://0.0.0.0/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::a00:1]/",
    "http://metadata.google.internal/",
    "http://printer.local/",
    "http://intranet/",
    "http://localhost./",
    "http://224.0.0.1/",
  ])("inside the network are refused: %s", (address) => {
    expect(faultsOf(endpoint({ address }))).toEqual([
      expect.stringContaining("which the outbound policy 'public hosts only' refuses"),
    ]);
  });

  const isAllowed = (address: string, outbound: OutboundPolicy): boolean => {
    try {
      readTable(JSON.stringify(tableWith(endpoint({ address }))), { ...rules, outbound });
      return true;
    } catch {
      return false;
    }
  };

  test("of this machine are allowed in a local run, others inside are not", () => {
    expect(
      ["http://localhost:9001/", "http://127.0.0.1:9001/", "http://[::1]:9001/"].map((a) =>
        isAllowed(a, localRun),
      ),
    ).toEqual([true, true, true]);
    expect(isAllowed("http://169.254.169.254/", localRun)).toBe(false);
  });

  test("can be allowed by name and by net, and all others refused", () => {
    const some = {
      name: "some",
      allowed: ["*.corp.internal", "api.example.com", "10.1.0.0/16"],
      allowPublic: false,
      allowLoopback: false,
    };
    const addresses = [
      "http://a.corp.internal/",
      "https://api.example.com/",
      "http://10.1.2.3/",
      "http://10.2.0.1/",
      "https://example.com/",
      "http://corp.internal/",
    ];
    expect(addresses.map((address) => isAllowed(address, some))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test("of an environment replace those of the table, and only of endpoints that it has", () => {
    const overlay = overlaySchema.parse({
      environment: "staging",
      endpoints: { echo: "https://staging.example.com/" },
    });
    const text = JSON.stringify(tableWith({}));
    const { table } = readTable(text, { ...rules, overlay });
    expect([table.endpoints["echo"]?.address, table.endpoints["spare"]?.address]).toEqual([
      "https://staging.example.com/",
      "queue:spare",
    ]);
    const wrong = overlaySchema.parse({
      environment: "staging",
      endpoints: { eco: "https://x.example.com/" },
    });
    expect(() => readTable(text, { ...rules, overlay: wrong })).toThrow(
      "endpoints.eco: the table 'default' has no such endpoint",
    );
    const inside = overlaySchema.parse({ environment: "staging", endpoints: { echo: "http://10.0.0.1/" } });
    expect(() => readTable(text, { ...rules, overlay: inside })).toThrow("is an internal address");
  });
});

test("tables that say the same have the same hash, however they are written", () => {
  const one = read({ entries: [{ filter: "all", endpoint: "echo", priority: 0 }] }).table;
  const two = read({ entries: [{ endpoint: "echo", filter: "all" }], routeOnHeadersOnly: false }).table;
  expect(contentHash(two)).toBe(contentHash(one));
  expect(contentHash(read({}).table)).not.toBe(contentHash(one));
  expect(read(JSON.parse(canonicalTable(one))).table).toEqual(one);
});

describe("authentication", () => {
  const fault = (
    authentication: Record<string, unknown>,
    address = "https://example.com/",
  ): string | undefined => faultsOf(endpoint({ address, authentication }))[0];

  test("may be a token for a resource that is allowed, or a setting that is meant for it", () => {
    expect(fault({ type: "managed-identity", resource: "api://orders" })).toBeUndefined();
    expect(fault({ type: "secret-setting", setting: "ROUTER_SECRET_ORDERS" })).toBeUndefined();
  });

  test("may not send the app's own rights and secrets elsewhere", () => {
    const management = { type: "managed-identity", resource: "https://management.azure.com/" };
    expect(fault(management)).toContain(
      "endpoints.it.authentication.resource: tokens for 'https://management.azure.com/' are not allowed",
    );
    expect(fault({ type: "secret-setting", setting: "ServiceBus" })).toContain(
      "must be the name of an app setting that begins with ROUTER_SECRET_",
    );
  });

  test("is for http(s) only", () => {
    expect(fault({ type: "secret-setting", setting: "ROUTER_SECRET_A" }, "queue:x")).toContain(
      "is for http(s) addresses only",
    );
  });
});

describe("a choice between endpoints", () => {
  const { table } = read({
    choices: {
      turns: { policy: "round-robin", endpoints: ["echo", "spare", "third"] },
      canary: { policy: "weighted", endpoints: { echo: 9, spare: 1 } },
    },
    entries: [{ filter: "all", endpoint: "turns" }],
  });
  const chosen = (name: string, turns: number) =>
    Array.from({ length: turns }, (_, turn) => chooseEndpoint(table, name, turn));

  test("goes round, one after the other", () => {
    expect(chosen("turns", 4)).toEqual(["echo", "spare", "third", "echo"]);
  });

  test("gives each endpoint its weight in every round", () => {
    const counts = chosen("canary", 100).filter((name) => name === "spare").length;
    expect(counts).toBe(10);
  });

  test("takes any whole number as a turn, and an endpoint as itself", () => {
    expect(["echo", "spare", "third"]).toContain(chooseEndpoint(table, "turns", -7));
    expect(["echo", "spare"]).toContain(chooseEndpoint(table, "canary", Number.MAX_SAFE_INTEGER));
    expect(chooseEndpoint(table, "echo", 5)).toBe("echo");
  });
});
