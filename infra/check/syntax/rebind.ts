import type { Expression, Position } from "./tree.ts";

/**
 * The grammar binds `.x`, `[x]` and calls less tightly than operators, and ends the body of a lambda too early: `a == b.c` comes as `(a == b).c`,
 * and `x => x.a && b` as `(x => x).a && b`. These put what follows where Bicep has it. Parentheses are kept as `grouped`.
 */
export function afterOperand(left: Expression, rest: (operand: Expression) => Expression): Expression {
  if (left.grouped) return rest(left);
  switch (left.kind) {
    case "lambda":
      return { ...left, body: afterOperand(left.body, rest) };
    case "not":
    case "minus":
      return { ...left, of: afterOperand(left.of, rest) };
    case "binary":
      return { ...left, right: afterOperand(left.right, rest) };
    case "choice":
      return { ...left, no: afterOperand(left.no, rest) };
    default:
      return rest(left);
  }
}

const levels = [
  ["??"],
  ["||"],
  ["&&"],
  ["==", "!=", "=~", "!~"],
  ["<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "%"],
];
const levelOf = (operator: string) => levels.findIndex((level) => level.includes(operator));

/** A binary expression, whose left side may have come too large. */
export function combine(
  operator: string,
  left: Expression,
  build: (left: Expression) => Expression,
): Expression {
  if (left.grouped) return build(left);
  if (left.kind === "lambda") return { ...left, body: combine(operator, left.body, build) };
  if (left.kind === "choice") return { ...left, no: combine(operator, left.no, build) };
  if (left.kind === "binary" && levelOf(left.operator) < levelOf(operator))
    return { ...left, right: combine(operator, left.right, build) };
  return build(left);
}

/** A `condition ? a : b`, whose condition may have come too large. */
export function choose(condition: Expression, build: (condition: Expression) => Expression): Expression {
  if (condition.grouped) return build(condition);
  if (condition.kind === "lambda") return { ...condition, body: choose(condition.body, build) };
  if (condition.kind === "choice") return { ...condition, no: choose(condition.no, build) };
  return build(condition);
}

/** A call of what stands before the parentheses. */
export function callOf(callee: Expression, at: Position, args: readonly Expression[]): Expression {
  if (callee.kind === "name") return { at, kind: "call", name: callee.name, target: undefined, args };
  if (callee.kind === "member") return { at, kind: "call", name: callee.name, target: callee.of, args };
  return { at, kind: "unreadable" };
}
