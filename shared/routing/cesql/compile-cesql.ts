import { CesqlFault, type CesqlErrorKind } from "./cesql-fault.ts";
import { call, findFunction } from "./functions.ts";
import { compileLike } from "./like.ts";
import { parseCesql, type CesqlNode, type CesqlValue } from "./parse.ts";
import {
  asInteger,
  castTo,
  isFailure,
  math,
  passedOn,
  typeOf,
  type Failure,
  type Outcome,
} from "./values.ts";

/** Context attributes of an event. In headers all of them are texts. */
export type CesqlAttributes = ReadonlyMap<string, CesqlValue>;

/** What an expression came to, with the first error that it met. */
export interface CesqlResult {
  value: CesqlValue;
  error?: CesqlErrorKind;
}

type Run = (attributes: CesqlAttributes) => Outcome;

const missing: Failure = { failure: "missingAttribute" };

/** Compiles an expression of CloudEvents SQL 1.0. The first error ends an evaluation. Throws CesqlFault. */
export function compileCesql(expression: string): {
  node: CesqlNode;
  evaluate: (attributes: CesqlAttributes) => CesqlResult;
} {
  const node = parseCesql(expression);
  const run = compile(node);
  const ifFailed = zeroOf(node);
  const evaluate = (attributes: CesqlAttributes): CesqlResult => {
    const outcome = run(attributes);
    if (!isFailure(outcome)) return { value: outcome };
    return { value: outcome.value ?? ifFailed, error: outcome.failure };
  };
  return { node, evaluate };
}

function compile(node: CesqlNode): Run {
  switch (node.type) {
    case "literal":
      return () => node.value;
    case "attribute":
      return (attributes) => attributes.get(node.name) ?? missing;
    case "exists":
      return (attributes) => attributes.has(node.name);
    case "not":
      return notOf(compile(node.operand));
    case "minus":
      return minusOf(compile(node.operand));
    case "logic":
      return compileLogic(node);
    case "arithmetic":
      return compileArithmetic(node);
    case "compare":
      return compileComparison(node);
    case "like":
      return compileLikeNode(node);
    case "in":
      return node.isNegated ? notOf(compileIn(node)) : compileIn(node);
    default:
      return compileCall(node);
  }
}

function notOf(run: Run): Run {
  return (attributes) => {
    const value = castTo("boolean", run(attributes));
    return isFailure(value) ? value : value !== true;
  };
}

function minusOf(run: Run): Run {
  return (attributes) => {
    const value = castTo("integer", run(attributes));
    // Nought has no sign in the language.
    return isFailure(value) ? value : asInteger(0 - Number(value));
  };
}

/** AND and OR look at the right side only where the left one leaves it open. */
function compileLogic({ op, left, right }: CesqlNode & { type: "logic" }): Run {
  const [first, second] = [compile(left), compile(right)];
  return (attributes) => {
    const a = castTo("boolean", first(attributes));
    if (isFailure(a) || (op === "AND" && a === false) || (op === "OR" && a === true)) return a;
    const b = castTo("boolean", second(attributes));
    if (isFailure(b)) return b;
    return op === "XOR" ? a !== b : b;
  };
}

function compileArithmetic({ op, left, right }: CesqlNode & { type: "arithmetic" }): Run {
  const [first, second] = [compile(left), compile(right)];
  return (attributes) => {
    const a = castTo("integer", first(attributes));
    if (isFailure(a)) return a;
    const b = castTo("integer", second(attributes));
    return isFailure(b) ? b : calculate(op, Number(a), Number(b));
  };
}

function calculate(op: (CesqlNode & { type: "arithmetic" })["op"], a: number, b: number): Outcome {
  switch (op) {
    case "+":
      return asInteger(a + b);
    case "-":
      return asInteger(a - b);
    case "*":
      return asInteger(a * b + 0);
    case "/":
      return b === 0 ? math : asInteger(Math.trunc(a / b) + 0);
    default:
      return b === 0 ? math : (a % b) + 0;
  }
}

function compileComparison({ op, left, right }: CesqlNode & { type: "compare" }): Run {
  const [first, second] = [compile(left), compile(right)];
  if (op === "=" || op === "!=" || op === "<>") {
    return (attributes) => {
      const value = first(attributes);
      if (isFailure(value)) return passedOn(value);
      const b = second(attributes);
      if (isFailure(b)) return passedOn(b);
      // What is on the right says of which type the comparison is.
      const a = castTo(typeOf(b), value);
      return isFailure(a) ? a : (a === b) === (op === "=");
    };
  }
  return (attributes) => {
    const a = castTo("integer", first(attributes));
    if (isFailure(a)) return a;
    const b = castTo("integer", second(attributes));
    if (isFailure(b)) return b;
    return op === "<" ? a < b : op === "<=" ? a <= b : op === ">" ? a > b : a >= b;
  };
}

function compileLikeNode({ operand, pattern, isNegated }: CesqlNode & { type: "like" }): Run {
  const run = compile(operand);
  const { test } = compileLike(pattern);
  return (attributes) => {
    const value = castTo("string", run(attributes));
    return isFailure(value) ? value : test(String(value)) !== isNegated;
  };
}

function compileIn({ operand, items }: CesqlNode & { type: "in" }): Run {
  const run = compile(operand);
  const ofItems = items.map(compile);
  return (attributes) => {
    const value = run(attributes);
    if (isFailure(value)) return passedOn(value);
    for (const item of ofItems) {
      const other = castTo(typeOf(value), item(attributes));
      if (isFailure(other)) return other;
      if (other === value) return true;
    }
    return false;
  };
}

function compileCall({ name, args }: CesqlNode & { type: "call" }): Run {
  const known = findFunction(name, args.length);
  if (!known) {
    throw new CesqlFault(
      "missingFunction",
      `calls ${name}() with ${args.length} arguments, which does not exist`,
    );
  }
  const ofArgs = args.map(compile);
  return (attributes) =>
    call(
      known,
      ofArgs.map((run) => run(attributes)),
    );
}

/** What an expression gives when something in it failed. */
function zeroOf(node: CesqlNode): CesqlValue {
  if (node.type === "minus" || node.type === "arithmetic") return 0;
  if (node.type !== "call") return false;
  const gives = findFunction(node.name, node.args.length)?.gives;
  return gives === "integer" ? 0 : gives === "string" ? "" : false;
}
