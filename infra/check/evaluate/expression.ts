import type { Expression } from "../syntax/tree.ts";
import { elementType, intType } from "../types/schema-type.ts";
import { callFunction } from "./call.ts";
import { elementOf, memberOf } from "./member.ts";
import { operate } from "./operators.ts";
import { withLocals, type Scope } from "./scope.ts";
import {
  asText,
  boolValue,
  eitherOf,
  forEachOption,
  listValue,
  nullValue,
  numberValue,
  textValue,
  unknownValue,
  type Entry,
  type Value,
} from "./value.ts";

type Of<Kind extends Expression["kind"]> = Extract<Expression, { kind: Kind }>;

/** What an expression gives, as far as it can be said before anything is deployed. */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case "text":
      return evaluateText(expression, scope);
    case "literal":
      return literalValue(expression.value);
    case "name":
      // The check of names has said so where there is none.
      return scope.find(expression.name) ?? unknownValue(expression.name);
    case "object":
      return evaluateObject(expression, scope);
    case "array":
      return listValue(expression.items.map((item) => evaluate(item, scope)));
    case "for":
      return evaluateLoop(expression, scope, (body, inner) => evaluate(body, inner));
    case "if":
      return evaluate(expression.body, scope);
    case "choice":
      return evaluateChoice(expression, scope);
    case "call":
      return callFunction(expression, scope, evaluate);
    case "member":
    case "nested": {
      const safe = expression.kind === "member" && expression.safe;
      return memberOf(evaluate(expression.of, scope), expression.name, { at: expression.at, safe, scope });
    }
    case "element": {
      const { at, safe } = expression;
      return elementOf(evaluate(expression.of, scope), evaluate(expression.index, scope), {
        at,
        safe,
        scope,
      });
    }
    case "not":
      return forEachOption([evaluate(expression.of, scope)], ([value]) =>
        value?.kind === "bool" ? boolValue(!value.value) : unknownValue("a condition", { kind: "bool" }),
      );
    case "minus":
      return forEachOption([evaluate(expression.of, scope)], ([value]) =>
        value?.kind === "number" ? numberValue(-value.value) : unknownValue("a number", intType),
      );
    case "binary":
      return operate(expression, scope, evaluate);
    case "lambda":
      return {
        kind: "lambda",
        call: (args) => evaluate(expression.body, withLocals(scope, bind(expression.parameters, args))),
      };
    default:
      return unknownValue("what could not be read");
  }
}

export function bind(names: readonly string[], args: readonly Value[]): Map<string, Value> {
  return new Map(names.map((name, index) => [name, args[index] ?? unknownValue(name)]));
}

function literalValue(value: number | boolean | null): Value {
  if (value === null) return nullValue;
  return typeof value === "number" ? numberValue(value) : boolValue(value);
}

function evaluateText({ parts }: Of<"text">, scope: Scope): Value {
  const values = parts.map((part) => (typeof part === "string" ? textValue(part) : evaluate(part, scope)));
  return forEachOption(values, (options) => {
    const texts = options.map(asText);
    return textValue(
      texts.map(({ text }) => text).join(""),
      texts.every(({ exact }) => exact),
    );
  });
}

function evaluateObject({ at, properties }: Of<"object">, scope: Scope): Value {
  const entries = new Map<string, Entry>();
  let open = false;
  for (const property of properties) {
    const key = evaluate(property.keyExpression, scope);
    const value = evaluate(property.value, scope);
    if (key.kind !== "text") open = true;
    else entries.set(key.text, { at: property.at, value, sure: key.exact });
    if (key.kind === "text" && !key.exact) open = true;
  }
  return { kind: "object", at, entries, open };
}

function evaluateChoice({ condition, yes, no }: Of<"choice">, scope: Scope): Value {
  const decided = evaluate(condition, scope);
  if (decided.kind === "bool") return evaluate(decided.value ? yes : no, scope);
  return eitherOf([evaluate(yes, scope), evaluate(no, scope)]);
}

/** What the body gives in each round; of a list that is not known, one round with any of its elements. */
export function evaluateLoop(
  { over, item, index, body }: Of<"for">,
  scope: Scope,
  round: (body: Expression, scope: Scope) => Value,
): Value {
  const list = evaluate(over, scope);
  const run = (element: Value, position: Value): Value => {
    const locals = new Map([[item, element]]);
    if (index !== undefined) locals.set(index, position);
    return round(body, withLocals(scope, locals));
  };
  return forEachOption([list], ([given]) => {
    if (given?.kind === "list" && (given.items.length > 0 || !given.open))
      return listValue(
        given.items.map((element, position) => run(element, numberValue(position))),
        given.open,
      );
    const type = given?.kind === "unknown" ? elementType(given.type) : undefined;
    return listValue([run(unknownValue(item, type), unknownValue(index ?? "index", intType))], true);
  });
}
