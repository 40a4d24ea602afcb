import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import type { TestContext } from "vitest";
import { adminHttp, entry } from "../../support/admin-http.ts";
import type { Asked } from "../../support/admin-http.ts";
import { openBus } from "../../support/bus.ts";

const bus = await openBus();
afterAll(() => bus.close());

const { ask, server } = adminHttp(bus);

describe.concurrent("the administration server", () => {
  test("says that it is healthy to everybody", async (context) => {
    const response = await fetch(`${server(context).origin}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: "healthy" });
  });

  test("answers with Atom that names what it tells", async (context) => {
    const queue = await bus.queue();
    const { status, text } = await ask(context, `/${queue}?api-version=2021-05`);
    expect(status).toBe(200);
    expect(text).toContain(`<title type="text">${queue}</title>`);
    expect(text).toContain("<LockDuration>PT1M</LockDuration>");
  });

  test("finds names in any case, and keeps the case in which they were made", async (context) => {
    const queue = await bus.queue();
    expect((await ask(context, `/${queue.toUpperCase()}`)).text).toContain(
      `<title type="text">${queue}</title>`,
    );
  });

  test("takes a name with slashes, and a path with and without a slash at its end", async (context) => {
    const name = bus.nameFor("a/b");
    expect(
      await ask(context, `/${name}/`, { method: "PUT", body: entry("QueueDescription", "") }),
    ).toMatchObject({
      status: 201,
    });
    expect(await ask(context, `/${encodeURIComponent(name)}`)).toMatchObject({ status: 200 });
    expect(await ask(context, `/${name}`, { method: "DELETE" })).toEqual({ status: 200, text: "" });
  });
});

describe.concurrent("a token", () => {
  test("is needed", async (context) => {
    const response = await fetch(`${server(context).origin}/$Resources/Queues`);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain("<Code>401</Code><Detail>SubCode=40100. Unauthorized.");
  });

  test.for<[string, Asked]>([
    ["of another key", { key: "another" }],
    ["of another key name", { keyName: "Another" }],
    ["that has expired", { expiresInS: -5 }],
    ["for another entity", { audience: "http://localhost/another" }],
    ["for a longer name", { audience: "http://localhost/$Resources/Queues2" }],
    ["that is none", { headers: { authorization: "Basic dXNlcjpwYXNz" } }],
    ["that lacks its parts", { headers: { authorization: "SharedAccessSignature sr=x" } }],
  ])("%s opens nothing", async ([, asked], context) => {
    expect((await ask(context, "/$Resources/Queues", asked)).status).toBe(401);
  });

  test.for(["sb://localhost/", "http://somewhere:5300", "https://localhost/$Resources"])(
    "for %s opens what lies below",
    async (audience, context) => {
      expect((await ask(context, "/$Resources/Queues", { audience })).status).toBe(200);
    },
  );
});

describe.concurrent("a bad request", () => {
  const billionLaughs = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><entry>&b;</entry>';
  const external = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><entry>&a;</entry>';
  const deep = `${"<a>".repeat(5_000)}${"</a>".repeat(5_000)}`;

  test.for<[string, string, RegExp]>([
    ["nothing", "", /not a valid XML document/],
    ["no XML", "{}", /not a valid XML document/],
    ["XML that ends too early", "<entry><content>", /not a valid XML document/],
    ["XML whose tags do not fit", "<entry></content>", /not a valid XML document/],
    ["a DOCTYPE with entities", billionLaughs, /a DOCTYPE is not allowed/],
    ["a DOCTYPE with a file", external, /a DOCTYPE is not allowed/],
    ["elements ever deeper", deep, /not a valid XML document/],
    ["names that JavaScript reserves", "<entry><__proto__>x</__proto__></entry>", /not a valid XML document/],
    ["another document", "<feed/>", /must be an Atom entry/],
    ["an entry without content", "<entry><content/></entry>", /must be an Atom entry/],
    ["two descriptions", "<entry><content><a/><b/></content></entry>", /must be an Atom entry/],
    [
      "an unknown description",
      entry("EventHubDescription", ""),
      /expected is QueueDescription or TopicDescription/,
    ],
    [
      "a bad number",
      entry("QueueDescription", "<MaxDeliveryCount>many</MaxDeliveryCount>"),
      /MaxDeliveryCount: must be/,
    ],
    ["a bad truth", entry("QueueDescription", "<RequiresSession>yes</RequiresSession>"), /RequiresSession: /],
    [
      "a bad duration",
      entry("QueueDescription", "<LockDuration>1m</LockDuration>"),
      /not an ISO 8601 duration/,
    ],
    [
      "a duration out of bounds",
      entry("QueueDescription", "<LockDuration>PT4S</LockDuration>"),
      /allowed is PT5S to PT5M/,
    ],
    [
      "a size that is not sold",
      entry("QueueDescription", "<MaxSizeInMegabytes>7</MaxSizeInMegabytes>"),
      /must be one of 1024/,
    ],
    ["an unknown status", entry("QueueDescription", "<Status>Sleeping</Status>"), /Status: /],
    [
      "several faults",
      entry("TopicDescription", "<Status>x</Status><AutoDeleteOnIdle>PT1M</AutoDeleteOnIdle>"),
      /Status: .*AutoDeleteOnIdle: /,
    ],
  ])("with %s is told what is wrong", async ([, body, problem], context) => {
    const name = bus.nameFor("refused");
    const { status, text } = await ask(context, `/${name}`, { method: "PUT", body });
    expect(status).toBe(400);
    expect(text).toMatch(problem);
    expect((await ask(context, `/${name}`)).status).toBe(404);
  });

  test.for<[number, string, Asked]>([
    [404, "/", {}],
    [404, "/$nothing", {}],
    [404, "/nothing", {}],
    [404, "/nothing/Subscriptions/", {}],
    [404, "/nothing/Subscriptions/s/Rules/", {}],
    [404, "/nothing/Subscriptions/s/Rules/r", {}],
    [400, "/%E0%A4%A", { audience: "http://localhost/" }],
    [400, "/$Resources/Queues?$skip=-1", {}],
    [400, "/$Resources/Queues?$top=some", {}],
    [400, "/$Resources/Queues?$top=0", {}],
    [405, "/x", { method: "POST", body: "" }],
    [405, "/x", { method: "PATCH" }],
    [405, "/$Resources/Queues", { method: "PUT", body: "" }],
    [405, "/$namespaceinfo", { method: "DELETE" }],
    [412, "/x", { method: "PUT", body: entry("QueueDescription", ""), headers: { "if-match": '"1"' } }],
    [404, "/x", { method: "PUT", body: entry("QueueDescription", ""), headers: { "if-match": "*" } }],
    [413, "/x", { method: "PUT", body: "x".repeat(200_000) }],
  ])("is answered %d: %s", async ([status, path, asked], context) => {
    expect((await ask(context, path, asked)).status).toBe(status);
  });

  test("that is no HTTP at all disturbs nobody", async (context) => {
    const { port, hostname } = new URL(server(context).origin);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.write("\u0000\u0001garbage\r\n\r\n");
    socket.resume();
    await once(socket, "close");
    expect((await ask(context, "/$namespaceinfo")).status).toBe(200);
  });
});

describe.concurrent("a rule, as XML", () => {
  async function withRule(context: TestContext, content: string) {
    const topic = await bus.topic();
    const subscription = await bus.subscription(topic);
    const path = `/${topic}/Subscriptions/${subscription}/Rules/r`;
    const { status, text } = await ask(context, path, {
      method: "PUT",
      body: entry("RuleDescription", content),
    });
    return { status, text, path };
  }

  test.for<[string, string, string]>([
    ["no filter", "", 'i:type="TrueFilter"'],
    [
      "a true filter",
      '<Filter i:type="TrueFilter"><SqlExpression>1=1</SqlExpression></Filter>',
      'i:type="TrueFilter"',
    ],
    ["a false filter", '<Filter i:type="FalseFilter"/>', "<SqlExpression>1=0</SqlExpression>"],
    [
      "character references and CDATA",
      '<Filter i:type="SqlFilter"><SqlExpression>a &#60; 1&#xA;AND<![CDATA[ b > 2]]></SqlExpression></Filter>',
      "<SqlExpression>a &lt; 1\nAND b &gt; 2</SqlExpression>",
    ],
    ["an empty action", '<Action i:type="EmptyRuleAction"/>', 'i:type="EmptyRuleAction"'],
    [
      "an action",
      '<Action i:type="SqlRuleAction"><SqlExpression>SET a = 1</SqlExpression></Action>',
      "SET a = 1",
    ],
  ])("may have %s", async ([, content, expected], context) => {
    const { status, text } = await withRule(context, content);
    expect(status).toBe(201);
    expect(text).toContain(expected);
  });

  test("keeps the types of the values that it compares with", async (context) => {
    const types = {
      int: "5",
      long: "9007199254740993",
      double: "2.5",
      boolean: "true",
      string: " x ",
      dateTime: "2026-01-01T00:00:00.000Z",
    };
    const pairs = Object.entries(types).map(
      ([type, value]) =>
        `<KeyValueOfstringanyType><Key>${type}</Key><Value i:type="d:${type}" xmlns:d="http://www.w3.org/2001/XMLSchema">${value}</Value></KeyValueOfstringanyType>`,
    );
    const { text } = await withRule(
      context,
      `<Filter i:type="CorrelationFilter"><Properties>${pairs.join("")}</Properties></Filter>`,
    );
    for (const [type, value] of Object.entries(types)) {
      expect(text).toMatch(
        new RegExp(`<Key>${type}</Key><Value i:type="d6p1:${type}"[^>]*>${value}</Value>`),
      );
    }
  });

  test.for<[string, string, RegExp]>([
    [
      "an unknown filter",
      '<Filter i:type="RegexFilter"/>',
      /type &apos;RegexFilter&apos;; allowed are SqlFilter/,
    ],
    ["a filter of no type", "<Filter/>", /allowed are SqlFilter/],
    [
      "SQL that is none",
      '<Filter i:type="SqlFilter"><SqlExpression>a ==</SqlExpression></Filter>',
      /The SQL filter is not valid: expected/,
    ],
    ["an empty SQL filter", '<Filter i:type="SqlFilter"/>', /The SQL filter is not valid: expected/],
    ["nothing to correlate", '<Filter i:type="CorrelationFilter"/>', /at least one condition/],
    [
      "a value that is not of its type",
      '<Filter i:type="CorrelationFilter"><Properties><KeyValueOfstringanyType><Key>k</Key><Value i:type="d:int">x</Value></KeyValueOfstringanyType></Properties></Filter>',
      /the value of &apos;k&apos; is not of the type int/,
    ],
    [
      "an action that is none",
      '<Action i:type="SqlRuleAction"><SqlExpression>DROP</SqlExpression></Action>',
      /The SQL action is not valid/,
    ],
  ])("may not have %s", async ([, content, problem], context) => {
    const { status, text, path } = await withRule(context, content);
    expect(status).toBe(400);
    expect(text).toMatch(problem);
    expect((await ask(context, path)).status).toBe(404);
  });
});
