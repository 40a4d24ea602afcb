import { BrokerError } from "../broker-error.ts";
import { given } from "../config/given.ts";
import type { CorrelationFilter, FilterDescription, RuleDescription } from "../model.ts";
import type { Entry } from "./atom.ts";
import { readTypedValues, writeTypedValues } from "./typed-values.ts";
import { attribute, child, textOf, type XmlElement } from "./xml.ts";

/** Reserved by Azure for future use, and always this. */
const compatibilityLevel = "20";

/** Reads a RuleDescription. Without a filter it lets everything in, as in Azure. */
export function readRule(content: XmlElement, name: string): RuleDescription {
  const filter = child(content, "Filter");
  const action = child(content, "Action");
  const text = action === undefined ? undefined : textOf(action, "SqlExpression");
  return {
    name,
    filter: filter === undefined ? { kind: "true" } : readFilter(filter),
    ...given({
      action: text === "" ? undefined : text,
      actionParameters: action && readTypedValues(action, "Parameters"),
    }),
  };
}

export function ruleEntry(rule: RuleDescription, subscription: { topic: string; name: string }): Entry {
  const createdAt = rule.createdAt ?? new Date(0);
  return {
    path: `${subscription.topic}/Subscriptions/${subscription.name}/Rules/${rule.name}`,
    title: rule.name,
    createdAt,
    updatedAt: createdAt,
    element: "RuleDescription",
    content: {
      Filter: writeFilter(rule.filter),
      Action: writeAction(rule),
      CreatedAt: createdAt.toISOString(),
      Name: rule.name,
    },
  };
}

function readFilter(filter: XmlElement): FilterDescription {
  const type = attribute(filter, "type")?.replace(/^.*:/, "");
  switch (type) {
    case "TrueFilter":
      return { kind: "true" };
    case "FalseFilter":
      return { kind: "false" };
    case "SqlFilter":
      return {
        kind: "sql",
        expression: textOf(filter, "SqlExpression") ?? "",
        ...given({ parameters: readTypedValues(filter, "Parameters") }),
      };
    case "CorrelationFilter":
      return readCorrelation(filter);
    default: {
      const allowed = "SqlFilter, CorrelationFilter, TrueFilter, FalseFilter";
      const problem = `The filter is of the type '${type ?? ""}'; allowed are ${allowed}.`;
      throw new BrokerError("com.microsoft:argument-error", problem);
    }
  }
}

function readCorrelation(filter: XmlElement): CorrelationFilter {
  return {
    kind: "correlation",
    ...given({
      correlationId: field(filter, "CorrelationId"),
      messageId: field(filter, "MessageId"),
      to: field(filter, "To"),
      replyTo: field(filter, "ReplyTo"),
      subject: field(filter, "Label"),
      sessionId: field(filter, "SessionId"),
      replyToSessionId: field(filter, "ReplyToSessionId"),
      contentType: field(filter, "ContentType"),
    }),
    properties: readTypedValues(filter, "Properties") ?? new Map(),
  };
}

/** Clients write an empty element for a field that is not part of the filter. */
function field(filter: XmlElement, name: string): string | undefined {
  const text = textOf(filter, name);
  return text === "" ? undefined : text;
}

function writeFilter(filter: FilterDescription): XmlElement {
  switch (filter.kind) {
    case "true":
      return sqlFilter("TrueFilter", "1=1");
    case "false":
      return sqlFilter("FalseFilter", "1=0");
    case "sql":
      return {
        ...sqlFilter("SqlFilter", filter.expression),
        Parameters: writeTypedValues(filter.parameters),
      };
    default:
      return {
        "@i:type": "CorrelationFilter",
        CorrelationId: filter.correlationId,
        MessageId: filter.messageId,
        To: filter.to,
        ReplyTo: filter.replyTo,
        Label: filter.subject,
        SessionId: filter.sessionId,
        ReplyToSessionId: filter.replyToSessionId,
        ContentType: filter.contentType,
        Properties: writeTypedValues(filter.properties),
      };
  }
}

function sqlFilter(type: string, expression: string): XmlElement {
  return { "@i:type": type, SqlExpression: expression, CompatibilityLevel: compatibilityLevel };
}

function writeAction({ action, actionParameters }: RuleDescription): XmlElement {
  if (action === undefined) return { "@i:type": "EmptyRuleAction" };
  return {
    "@i:type": "SqlRuleAction",
    SqlExpression: action,
    CompatibilityLevel: compatibilityLevel,
    Parameters: writeTypedValues(actionParameters),
  };
}
