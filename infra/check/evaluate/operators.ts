import type { Expression } from "../syntax/tree.ts";
import { boolType, intType } from "../types/schema-type.ts";
import type { Scope } from "./scope.ts";
import {
  boolValue,
  eitherOf,
  forEachOption,
  isExact,
  numberValue,
  toJson,
  unknownValue,
  type Value,
} from "./value.ts";

type Evaluate = (expression: Expression, scope: Scope) => Value;

/** `a operator b`. */
export function operate(
  { operator, left, right }: Extract<Expression, { kind: "binary" }>,
  scope: Scope,
  evaluate: Evaluate,
): Value {
  const first = evaluate(left, scope);
  if (operator === "??") return orElse(first, () => evaluate(right, scope));
  // A side that decides alone is enough; the other may be there only when this one lets it.
  if (first.kind === "bool" && operator === "&&" && !first.value) return first;
  if (first.kind === "bool" && operator === "||" && first.value) return first;
  return forEachOption([first, evaluate(right, scope)], ([a, b]) => {
    if (!a || !b || !isExact(a) || !isExact(b))
      return unknownValue("what is computed", arithmetic[operator] ? intType : boolType);
    return compute(operator, a, b);
  });
}

function orElse(first: Value, other: () => Value): Value {
  if (first.kind === "null") return other();
  if (first.kind === "either") {
    const some = first.options.filter(({ kind }) => kind !== "null");
    return some.length === first.options.length ? first : eitherOf([...some, other()]);
  }
  return first.kind === "unknown" ? eitherOf([first, other()]) : first;
}

const arithmetic: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => Math.trunc(a / b),
  "%": (a, b) => a % b,
};

const comparisons: Record<string, (a: number, b: number) => boolean> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

function compute(operator: string, a: Value, b: Value): Value {
  const numbers = a.kind === "number" && b.kind === "number";
  const calculate = arithmetic[operator];
  if (calculate)
    return numbers ? numberValue(calculate(a.value, b.value)) : unknownValue("a number", intType);
  const compare = comparisons[operator];
  if (compare) return numbers ? boolValue(compare(a.value, b.value)) : unknownValue("a condition", boolType);
  if (operator === "&&" || operator === "||")
    return b.kind === "bool" ? b : unknownValue("a condition", boolType);
  const [first, second] = [toJson(a), toJson(b)].map((json) => JSON.stringify(json));
  const equal = operator.includes("~") ? first?.toLowerCase() === second?.toLowerCase() : first === second;
  return boolValue(operator.startsWith("!") ? !equal : equal);
}
