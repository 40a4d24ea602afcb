import type { FilterableMessage } from "../model.ts";
import {
  compileProperty,
  compileValue,
  scopeOf,
  type CompileContext,
  type Expression,
} from "./compile-value.ts";
import { FilterError } from "./filter-error.ts";
import { compileLike, type LikeMatcher } from "./like.ts";
import { invalidSql, type PropertyNode, type SqlNode } from "./sql-syntax.ts";
import { and, not, or, type Truth } from "./truth.ts";
import { compareValues, isUnknown } from "./values.ts";

/** A condition ready to run. Throws FilterError when it cannot be evaluated for this message. */
export type Condition = (message: FilterableMessage) => Truth;

/** Compiles an expression that is true, false or unknown. Throws BrokerError if the text says something else. */
export function compileCondition(node: SqlNode, context: CompileContext): Condition {
  switch (node.type) {
    case "and":
    case "or": {
      const operands = node.operands.map((operand) => compileCondition(operand, context));
      const combine = node.type === "and" ? and : or;
      return (message) => combine(operands.map((operand) => () => operand(message)));
    }
    case "not":
      return negatedIf(node.negated, compileCondition(node.operand, context));
    case "compare": {
      const left = compileValue(node.left, context);
      const right = compileValue(node.right, context);
      return (message) => compareValues(node.op, left(message), right(message));
    }
    case "isNull":
      return negatedIf(node.negated, compileIsNull(node.left, context));
    case "in":
      return negatedIf(node.negated, compileIn(node, context));
    case "like":
      return negatedIf(node.negated, compileLikeCondition(node, context));
    case "exists":
      return compileExists(node.property, context);
    default:
      return compileTruthOfValue(node, context);
  }
}

/** A value may stand where a condition is expected if it can be a boolean. */
function compileTruthOfValue(node: SqlNode, context: CompileContext): Condition {
  const isBoolean = node.type === "constant" && (node.value === null || typeof node.value === "boolean");
  if (!isBoolean && node.type !== "property" && node.type !== "propertyNamed" && node.type !== "parameter") {
    throw invalidSql(context.what, "expected a condition but found a value", node.at);
  }
  const value = compileValue(node, context);
  return (message) => {
    const truth = value(message);
    return typeof truth === "boolean" ? truth : undefined;
  };
}

/** A user property exists whatever its value is; a system property when the sender or the broker has set it. */
function compileExists(property: PropertyNode, context: CompileContext): Condition {
  const value = compileProperty(property, context);
  const absent = scopeOf(property, context) === "sys" ? null : undefined;
  return (message) => value(message) !== absent;
}

function negatedIf(negated: boolean, condition: Condition): Condition {
  return negated ? (message) => not(condition(message)) : condition;
}

function compileIsNull(left: SqlNode, context: CompileContext): Condition {
  if (left.type !== "property" && left.type !== "propertyNamed") {
    throw invalidSql(context.what, "IS NULL is for properties only", left.at);
  }
  const value = compileValue(left, context);
  return (message) => isUnknown(value(message));
}

/** As in SQL, a list without a match is UNKNOWN when it holds anything that cannot be compared. */
function compileIn(node: SqlNode & { type: "in" }, context: CompileContext): Condition {
  const left = compileValue(node.left, context);
  const items = node.items.map((item) => compileValue(item, context));
  return (message) => {
    const value = left(message);
    if (isUnknown(value)) return undefined;
    return or(items.map((item) => () => compareValues("=", value, item(message))));
  };
}

function compileLikeCondition(node: SqlNode & { type: "like" }, context: CompileContext): Condition {
  const left = compileValue(node.left, context);
  const matcherFor = compilePattern(node, context);
  return (message) => {
    const text = left(message);
    const matches = matcherFor(message);
    return typeof text === "string" ? matches?.(text) : undefined;
  };
}

/** The matcher of the pattern; undefined where pattern or escape character are unknown or no strings. */
function compilePattern(
  node: SqlNode & { type: "like" },
  context: CompileContext,
): (message: FilterableMessage) => LikeMatcher | undefined {
  const pattern = compileValue(node.pattern, context);
  const escape: Expression | undefined =
    node.escape === null ? undefined : compileValue(node.escape, context);
  let last: { pattern: string; escape: string | undefined; matcher: LikeMatcher } | undefined;
  if (node.escape?.type === "constant") checkEscape(node.escape, context);
  return (message) => {
    const text = pattern(message);
    const escapeText = escape?.(message);
    if (typeof text !== "string" || (escape !== undefined && typeof escapeText !== "string"))
      return undefined;
    const character = typeof escapeText === "string" ? escapeText : undefined;
    if (last?.pattern !== text || last.escape !== character) {
      last = { pattern: text, escape: character, matcher: compilePatternText(text, character) };
    }
    return last.matcher;
  };
}

function checkEscape(node: SqlNode & { type: "constant" }, context: CompileContext): void {
  if (typeof node.value === "string" && node.value.length === 1) return;
  throw invalidSql(context.what, "ESCAPE takes a string of one character", node.at);
}

function compilePatternText(pattern: string, escape: string | undefined): LikeMatcher {
  if (escape !== undefined && escape.length !== 1)
    throw new FilterError("ESCAPE takes a string of one character");
  const matcher = compileLike(pattern, escape);
  if (matcher === undefined) throw new FilterError("the LIKE pattern ends in its escape character");
  return matcher;
}
