import { randomUUID } from "node:crypto";

import type { FilterableMessage, PropertyValue } from "../model.ts";
import { FilterError } from "./filter-error.ts";
import { invalidSql, type PropertyNode, type SqlNode } from "./sql-syntax.ts";
import { systemProperty } from "./system-properties.ts";
import { calculate, isUnknown, maxInt64, minInt64, typeName, withSign, type SqlValue } from "./values.ts";

/** An expression ready to run. Throws FilterError when it cannot be evaluated for this message. */
export type Expression = (message: FilterableMessage) => SqlValue;

/** What is compiled, for error texts, and the values of its `@parameters`. */
export interface CompileContext {
  what: "filter" | "action";
  /** By name in lower case without `@`. */
  parameters: ReadonlyMap<string, PropertyValue>;
}

/** Compiles an expression that gives a value. Throws BrokerError if the text says something else. */
export function compileValue(node: SqlNode, context: CompileContext): Expression {
  switch (node.type) {
    case "constant":
      return always(constantValue(node.value, node.at, context));
    case "sign":
      return compileSign(node, context);
    case "binary": {
      const left = compileValue(node.left, context);
      const right = compileValue(node.right, context);
      return (message) => calculate(node.op, left(message), right(message));
    }
    case "property":
      return compileProperty(node, context);
    case "propertyNamed":
      return compilePropertyNamed(node.name, context);
    case "newid":
      return () => ({ uuid: randomUUID() });
    case "parameter": {
      const value = context.parameters.get(node.name.toLowerCase());
      if (value === undefined)
        throw invalidSql(context.what, `the parameter @${node.name} has no value`, node.at);
      return always(value);
    }
    default:
      throw invalidSql(context.what, "expected a value but found a condition", node.at);
  }
}

/** A property by its place in the text. The scope is checked now, a system property when it is read, as Azure does. */
export function compileProperty(node: PropertyNode, context: CompileContext): Expression {
  const { name } = node;
  const scope = scopeOf(node, context);
  return scope === "user" ? (message) => message.user(name) : (message) => readSystemProperty(message, name);
}

/** Which of the two scopes a property is in. Throws BrokerError for any other word before the dot. */
export function scopeOf(node: PropertyNode, context: CompileContext): "sys" | "user" {
  const scope = node.scope.toLowerCase();
  if (scope === "sys" || scope === "user") return scope;
  const problem = `"${node.scope}" is not a scope: allowed are sys and user; a name with a dot is written [${node.scope}.${node.name}]`;
  throw invalidSql(context.what, problem, node.at);
}

function readSystemProperty(message: FilterableMessage, name: string): PropertyValue {
  const property = systemProperty(name);
  if (property === undefined) throw new FilterError(`there is no system property ${name}`);
  return message.system(property.name);
}

/** `property(name)`: the name may say its scope, as in `property('sys.Label')`. */
function compilePropertyNamed(name: SqlNode, context: CompileContext): Expression {
  const compiled = compileValue(name, context);
  return (message) => {
    const value = compiled(message);
    if (isUnknown(value)) return undefined;
    if (typeof value !== "string")
      throw new FilterError(`property() takes the name as a string, not ${typeName(value)}`);
    const [scope, rest] = splitScope(value);
    return scope === "sys" ? readSystemProperty(message, rest) : message.user(rest);
  };
}

function splitScope(name: string): ["sys" | "user", string] {
  const lower = name.toLowerCase();
  if (lower.startsWith("sys.")) return ["sys", name.slice("sys.".length)];
  return ["user", lower.startsWith("user.") ? name.slice("user.".length) : name];
}

function compileSign(node: SqlNode & { type: "sign" }, context: CompileContext): Expression {
  const { negative, operand } = node;
  // The smallest integer is written as the sign of a number that alone would be too large.
  if (
    operand.type === "constant" &&
    typeof operand.value === "bigint" &&
    negative &&
    -operand.value >= minInt64
  ) {
    return always(-operand.value);
  }
  const value = compileValue(operand, context);
  return (message) => withSign(negative, value(message));
}

function constantValue(value: PropertyValue, at: number, context: CompileContext): PropertyValue {
  if (typeof value === "bigint" && value > maxInt64) {
    throw invalidSql(context.what, `the number ${value} does not fit into a 64-bit integer`, at);
  }
  return value;
}

function always(value: SqlValue): Expression {
  return () => value;
}
