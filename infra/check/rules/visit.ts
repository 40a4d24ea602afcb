import type { Declaration, Expression, TypeExpression } from "../syntax/tree.ts";

/** Called for each expression inside another, with the names of the loops and lambdas around it. */
type Look = (expression: Expression, locals: ReadonlySet<string>) => void;

/** Goes through an expression and all that is in it. */
export function visit(expression: Expression, locals: ReadonlySet<string>, look: Look): void {
  look(expression, locals);
  const inside = (inner: Expression, more: readonly string[] = []) =>
    visit(inner, more.length === 0 ? locals : new Set([...locals, ...more]), look);
  switch (expression.kind) {
    case "text":
      for (const part of expression.parts) if (typeof part !== "string") inside(part);
      return;
    case "object":
      for (const { keyExpression, value } of expression.properties) {
        inside(keyExpression);
        inside(value);
      }
      for (const { body } of expression.nested) inside(body);
      return;
    case "array":
      for (const item of expression.items) inside(item);
      return;
    case "for":
      inside(expression.over);
      inside(expression.body, [
        expression.item,
        ...(expression.index === undefined ? [] : [expression.index]),
      ]);
      return;
    case "lambda":
      inside(expression.body, expression.parameters);
      return;
    default:
      for (const part of partsOf(expression)) inside(part);
  }
}

function partsOf(expression: Expression): Expression[] {
  switch (expression.kind) {
    case "if":
      return [expression.condition, expression.body];
    case "choice":
      return [expression.condition, expression.yes, expression.no];
    case "call":
      return [...(expression.target ? [expression.target] : []), ...expression.args];
    case "member":
    case "nested":
    case "not":
    case "minus":
      return [expression.of];
    case "element":
      return [expression.of, expression.index];
    case "binary":
      return [expression.left, expression.right];
    default:
      return [];
  }
}

/** The expressions that a declaration is made of. A function's own parameters are bound by a lambda around its body. */
export function expressionsIn(one: Declaration): Expression[] {
  switch (one.kind) {
    case "param":
      return one.fallback ? [one.fallback] : [];
    case "var":
    case "output":
      return [one.value];
    case "resource":
    case "module":
      return [one.body];
    case "func":
      return [
        { at: one.at, kind: "lambda", parameters: one.parameters.map(({ name }) => name), body: one.body },
      ];
    default:
      return [];
  }
}

/** The types that a declaration names. */
export function typesIn(one: Declaration): TypeExpression[] {
  switch (one.kind) {
    case "param":
    case "output":
    case "type":
      return [one.type];
    case "func":
      return [one.returns, ...one.parameters.map(({ type }) => type)];
    default:
      return [];
  }
}
