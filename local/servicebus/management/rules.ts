import { bare, isProperty, type Value } from "../amqp/value.ts";
import {
  encodeDescribed,
  encodeList,
  encodeMap,
  encodeNull,
  encodeProperty,
  encodeString,
  encodeTimestamp,
} from "../amqp/encode.ts";
import type { CorrelationFilter, FilterDescription, PropertyValue, RuleDescription } from "../model.ts";
import { type Arguments, invalid } from "./arguments.ts";

/** Descriptors of the rule types. */
const codes = {
  rule: 0x1_37_00_00_00_04,
  emptyAction: 0x1_37_00_00_00_05,
  sqlAction: 0x1_37_00_00_00_06,
  sqlFilter: 0x13_70_00_00_06,
  trueFilter: 0x13_70_00_00_07,
  falseFilter: 0x13_70_00_00_08,
  correlationFilter: 0x13_70_00_00_09,
} as const;

/** The fields of a correlation filter: their names in a request, in the order of the reply. */
const correlationFields = [
  ["correlation-id", "correlationId"],
  ["message-id", "messageId"],
  ["to", "to"],
  ["reply-to", "replyTo"],
  ["label", "subject"],
  ["session-id", "sessionId"],
  ["reply-to-session-id", "replyToSessionId"],
  ["content-type", "contentType"],
] as const satisfies readonly (readonly [string, keyof CorrelationFilter])[];

/** Reads the rule of an add-rule request. */
export function readRule(request: Arguments): RuleDescription {
  const description = request.map("rule-description");
  const action = description.optionalMap("sql-rule-action")?.optionalText("expression");
  return {
    name: request.text("rule-name"),
    filter: readFilter(description),
    ...(action === undefined || action === "" ? {} : { action }),
  };
}

function readFilter(description: Arguments): FilterDescription {
  const sql = description.optionalMap("sql-filter");
  if (sql !== undefined) return { kind: "sql", expression: sql.text("expression") };
  const correlation = description.optionalMap("correlation-filter");
  if (correlation !== undefined) return readCorrelation(correlation);
  if (description.has("true-filter")) return { kind: "true" };
  if (description.has("false-filter")) return { kind: "false" };
  throw invalid("The rule has no filter.");
}

function readCorrelation(fields: Arguments): CorrelationFilter {
  const properties = new Map<string, PropertyValue>();
  for (const [name, value] of fields.optionalMap("properties")?.entries() ?? [])
    properties.set(name, asProperty(name, value));
  const filter: CorrelationFilter = { kind: "correlation", properties };
  for (const [name, field] of correlationFields) {
    const text = fields.optionalText(name);
    if (text !== undefined) filter[field] = text;
  }
  return filter;
}

function asProperty(name: string, value: Value): PropertyValue {
  const plain = bare(value) ?? null;
  if (isProperty(plain)) return plain;
  throw invalid(`The filter property '${name}' is a list or a map.`);
}

/** Writes a rule as enumerate-rules returns it. */
export function encodeRule(rule: RuleDescription): Buffer {
  const action =
    rule.action === undefined
      ? encodeDescribed(codes.emptyAction, encodeList([]))
      : encodeDescribed(codes.sqlAction, encodeList([encodeString(rule.action)]));
  const createdAt = rule.createdAt === undefined ? encodeNull() : encodeTimestamp(rule.createdAt.getTime());
  return encodeDescribed(
    codes.rule,
    encodeList([encodeFilter(rule.filter), action, encodeString(rule.name), createdAt]),
  );
}

function encodeFilter(filter: FilterDescription): Buffer {
  switch (filter.kind) {
    case "sql":
      return encodeDescribed(codes.sqlFilter, encodeList([encodeString(filter.expression)]));
    case "correlation":
      return encodeDescribed(codes.correlationFilter, encodeCorrelation(filter));
    case "true":
      return encodeDescribed(codes.trueFilter, encodeList([encodeString("1=1")]));
    default:
      return encodeDescribed(codes.falseFilter, encodeList([encodeString("1=0")]));
  }
}

function encodeCorrelation(filter: CorrelationFilter): Buffer {
  const fields = correlationFields.map(([, field]) => {
    const text = filter[field];
    return text === undefined ? encodeNull() : encodeString(text);
  });
  const properties = [...filter.properties].flatMap(([name, value]) => [
    encodeString(name),
    encodeProperty(value),
  ]);
  return encodeList([...fields, encodeMap(properties)]);
}
