import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../local/servicebus/config/config-error.ts";
import { interpretConfig, readConfig } from "../../../local/servicebus/config/read-config.ts";

/** Written as the official emulator's own sample is, with comments and a trailing comma. */
const sample = `{
  // everything the emulator knows
  "UserConfig": {
    "Namespaces": [{
      "Name": "sbemulatorns",
      "Queues": [{
        "Name": "queue.1",
        "Properties": {
          "DeadLetteringOnMessageExpiration": false,
          "DefaultMessageTimeToLive": "PT1H",
          "DuplicateDetectionHistoryTimeWindow": "PT20S",
          "ForwardDeadLetteredMessagesTo": "",
          "ForwardTo": "",
          "LockDuration": "PT1M",
          "MaxDeliveryCount": 3,
          "RequiresDuplicateDetection": false,
          "RequiresSession": false,
        }
      }],
      "Topics": [{
        "Name": "topic.1",
        "Properties": { "DefaultMessageTimeToLive": "PT1H", "RequiresDuplicateDetection": true },
        "Subscriptions": [
          { "Name": "subscription.1", "Properties": { "ForwardTo": "queue.1" }, /* two rules */ "Rules": [
            { "Name": "app-prop-filter-1", "Properties": { "FilterType": "Correlation", "CorrelationFilter": {
              "ContentType": "application/text", "CorrelationId": "id1", "Label": "subject1", "MessageId": "msgid1",
              "ReplyTo": "someQueue", "ReplyToSessionId": "sessionId", "SessionId": "session1", "To": "xyz",
              "Properties": { "color": "red", "size": 3, "ripe": true } } } },
            { "Name": "sql", "Properties": { "FilterType": "Sql", "SqlFilter": { "SqlExpression": "sys.MessageId = '1'" },
              "Action": { "SqlExpression": "SET sys.To = 'Entity'" } } } ] },
          { "Name": "subscription.2" }
        ]
      }]
    }],
    "Logging": { "Type": "File" }
  }
}`;

function withQueue(properties: unknown, more: object = {}): unknown {
  return {
    UserConfig: { Namespaces: [{ Name: "n", Queues: [{ Name: "q", Properties: properties }], ...more }] },
  };
}

function withRule(properties: unknown): unknown {
  const subscription = { Name: "s", Rules: [{ Name: "r", Properties: properties }] };
  return {
    UserConfig: { Namespaces: [{ Name: "n", Topics: [{ Name: "t", Subscriptions: [subscription] }] }] },
  };
}

function problemsOf(document: unknown): readonly string[] {
  try {
    interpretConfig(document);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("a configuration file", () => {
  it("is read in the official emulator's format, comments and trailing commas included", () => {
    const { config, warnings } = readConfig(sample);
    expect(warnings).toEqual([]);
    expect(config.queues).toEqual([
      {
        name: "queue.1",
        lockDurationMs: 60_000,
        maxDeliveryCount: 3,
        requiresSession: false,
        defaultTtlMs: 3_600_000,
        deadLetterOnExpiration: false,
        autoDeleteOnIdleMs: Infinity,
        status: "Active",
        requiresDuplicateDetection: false,
        duplicateDetectionWindowMs: 20_000,
        maxSizeBytes: 1_073_741_824,
        enablePartitioning: false,
      },
    ]);
    const [topic] = config.topics;
    expect(topic).toMatchObject({
      name: "topic.1",
      defaultTtlMs: 3_600_000,
      requiresDuplicateDetection: true,
    });
    const [first, second] = topic?.subscriptions ?? [];
    expect(first).toMatchObject({
      topic: "topic.1",
      name: "subscription.1",
      forwardTo: "queue.1",
      maxDeliveryCount: 10,
    });
    expect(first?.rules).toEqual([
      {
        name: "app-prop-filter-1",
        filter: {
          kind: "correlation",
          contentType: "application/text",
          correlationId: "id1",
          subject: "subject1",
          messageId: "msgid1",
          replyTo: "someQueue",
          replyToSessionId: "sessionId",
          sessionId: "session1",
          to: "xyz",
          properties: new Map<string, unknown>([
            ["color", "red"],
            ["size", 3],
            ["ripe", true],
          ]),
        },
      },
      {
        name: "sql",
        filter: { kind: "sql", expression: "sys.MessageId = '1'" },
        action: "SET sys.To = 'Entity'",
      },
    ]);
    expect(second?.rules).toEqual([{ name: "$Default", filter: { kind: "true" } }]);
  });

  it("gives Azure's defaults to what is left out", () => {
    const { config } = interpretConfig(withQueue(undefined));
    expect(config.queues[0]).toMatchObject({
      lockDurationMs: 60_000,
      maxDeliveryCount: 10,
      defaultTtlMs: Infinity,
      duplicateDetectionWindowMs: 600_000,
    });
  });

  it("warns of keys that it does not know and goes on", () => {
    const { config, warnings } = interpretConfig(withQueue({ LockDurationn: "PT1M", MaxDeliveryCount: 4 }));
    expect(config.queues[0]).toMatchObject({ maxDeliveryCount: 4 });
    expect(warnings).toEqual([
      "UserConfig.Namespaces[0].Queues[0].Properties.LockDurationn is not known and is ignored",
    ]);
  });
});

describe("a configuration file that cannot be used", () => {
  it("is refused with the line where the JSON breaks", () => {
    expect(() => readConfig('{\n  "UserConfig": }')).toThrow(/line 2, column 17: ValueExpected/);
    expect(() => readConfig("")).toThrow(ConfigError);
  });

  const at = "UserConfig.Namespaces[0].Queues[0].Properties";
  it.each<[unknown, RegExp | string]>([
    [{ LockDuration: "PT6M" }, `${at}.LockDuration: "PT6M" is out of bounds; allowed is PT5S to PT5M`],
    [
      { LockDuration: "1 minute" },
      `${at}.LockDuration: "1 minute" is not an ISO 8601 duration such as PT1M; allowed is PT5S to PT5M`,
    ],
    [{ LockDuration: 60 }, /LockDuration: .*expected string/],
    [{ MaxDeliveryCount: 0 }, /MaxDeliveryCount: .*>=1/],
    [{ MaxDeliveryCount: "3" }, /MaxDeliveryCount: .*expected number/],
    [{ MaxSizeInMegabytes: 1000 }, /must be one of 1024, 2048/],
    [{ RequiresSession: "yes" }, /RequiresSession: .*expected boolean/],
    [{ Status: "Broken" }, /Status: .*"Active"\|"Disabled"/],
    [{ ForwardTo: "nowhere" }, /queue "q": ForwardTo names "nowhere", which is neither a queue nor a topic/],
  ])("is refused with the path and what is allowed: %j", (properties, problem) => {
    const problems = problemsOf(withQueue(properties));
    expect(problems).toHaveLength(1);
    expect(problems.join("\n")).toMatch(problem);
  });

  it.each<[unknown, RegExp]>([
    [{}, /FilterType: /],
    [{ FilterType: "Sql" }, /FilterType Sql needs SqlFilter/],
    [{ FilterType: "Correlation" }, /FilterType Correlation needs CorrelationFilter/],
    [
      { FilterType: "Correlation", CorrelationFilter: {} },
      /subscription "t\/s", rule "r": .*at least one condition/,
    ],
    [
      { FilterType: "Sql", SqlFilter: { SqlExpression: "a =" } },
      /rule "r": The SQL filter is not valid: expected/,
    ],
    [
      { FilterType: "Sql", SqlFilter: { SqlExpression: "1=1" }, Action: { SqlExpression: "SETT a=1" } },
      /rule "r": The SQL action is not valid: expected REMOVE or SET/,
    ],
  ])("is refused for a rule that cannot be used: %j", (properties, problem) => {
    expect(problemsOf(withRule(properties)).join("\n")).toMatch(problem);
  });

  it("is refused for names that are used twice, in whatever case", () => {
    expect(problemsOf(withQueue({}, { Topics: [{ Name: "Q" }] }))).toEqual([
      'the name "Q" is used by more than one queue or topic',
    ]);
  });

  it("is refused for names that cannot be", () => {
    const document = {
      UserConfig: { Namespaces: [{ Name: "n", Queues: [{ Name: "a b" }, { Name: "x".repeat(261) }] }] },
    };
    const problems = problemsOf(document);
    expect(problems[0]).toMatch(/Queues\[0\].Name: must be letters, digits/);
    expect(problems[1]).toMatch(/Queues\[1\].Name: .*260/);
  });

  it("is told all of its problems at once", () => {
    expect(problemsOf(withQueue({ LockDuration: "PT1S", MaxDeliveryCount: 3000 }))).toHaveLength(2);
  });

  it.each([[null], [[]], ["text"], [{}], [{ UserConfig: {} }], [{ UserConfig: { Namespaces: [] } }]])(
    "is refused when it is no configuration at all: %j",
    (document) => {
      expect(problemsOf(document).length).toBeGreaterThan(0);
    },
  );
});
