import type { Node } from "web-tree-sitter";
import { needBreak, partsOf, type Reading } from "./parser.ts";
import { readDeployed } from "./read-deployed.ts";
import { readItems } from "./read-items.ts";
import { afterOperand, callOf, choose, combine } from "./rebind.ts";
import { plainText, readText } from "./read-text.ts";
import type { Decorator, Expression, Property, Resource } from "./tree.ts";

type Reader = (reading: Reading, node: Node) => Expression;

const readers: Record<string, Reader> = {
  string: (reading, node) => readText(reading, node, readExpression),
  number: (reading, node) => ({ at: reading.at(node), kind: "literal", value: Number(node.text) }),
  boolean: (reading, node) => ({ at: reading.at(node), kind: "literal", value: node.text === "true" }),
  null: (reading, node) => ({ at: reading.at(node), kind: "literal", value: null }),
  identifier: readName,
  primitive_type: readName,
  type: (reading, node) => readOnly(reading, node),
  parenthesized_expression: (reading, node) => ({ ...readOnly(reading, node), grouped: true }),
  // `name!` alone: the grammar takes it for a type.
  nullable_type: (reading, node) => readOnly(reading, node),
  object: readObject,
  array: (reading, node) => ({
    at: reading.at(node),
    kind: "array",
    items: readItems(reading, node, readExpression),
  }),
  for_statement: readLoop,
  if_statement: readIf,
  ternary_expression: readChoice,
  call_expression: readCall,
  member_expression: readMember,
  resource_expression: readMember,
  subscript_expression: readElement,
  unary_expression: (reading, node) => ({
    at: reading.at(node),
    kind: field(node, "operator").type === "!" ? "not" : "minus",
    of: readExpression(reading, field(node, "argument")),
  }),
  binary_expression: readBinary,
  lambda_expression: readLambda,
};

/** Reads an expression. What the grammar could not make sense of has been reported already. */
export function readExpression(reading: Reading, node: Node): Expression {
  const replaced = reading.replaced(node);
  if (replaced) return replaced;
  const reader = readers[node.type];
  return reader ? reader(reading, node) : unreadable(reading, node);
}

function readOnly(reading: Reading, node: Node): Expression {
  const only = partsOf(node)[0];
  return only ? readExpression(reading, only) : unreadable(reading, node);
}

function unreadable(reading: Reading, node: Node): Expression {
  if (!node.hasError) reading.report(node, `the check cannot read this (${node.type})`);
  return { at: reading.at(node), kind: "unreadable" };
}

function field(node: Node, name: string): Node {
  return node.childForFieldName(name) ?? node;
}

function readName(reading: Reading, node: Node): Expression {
  return { at: reading.at(node), kind: "name", name: node.text };
}

function readObject(reading: Reading, node: Node): Expression {
  const properties: Property[] = [];
  const nested: Resource[] = [];
  let last: Node | undefined;
  for (const part of partsOf(node)) {
    if (part.type !== "object_property") continue;
    needBreak(reading, last, part, true);
    last = part;
    const [key, value] = partsOf(part);
    if (key?.type === "resource_declaration") nested.push(readResource(reading, key, []));
    else if (key && value) properties.push(readProperty(reading, part, key, value));
  }
  return { at: reading.at(node), kind: "object", properties, nested };
}

function readProperty(reading: Reading, part: Node, key: Node, value: Node): Property {
  const keyExpression: Expression =
    key.type === "string"
      ? readExpression(reading, key)
      : { at: reading.at(key), kind: "text", parts: [key.text] };
  return {
    at: reading.at(part),
    key: plainText(keyExpression),
    keyExpression,
    quoted: key.type === "string",
    value: readExpression(reading, value),
  };
}

/** Reads a resource, one that is nested in another included. */
export function readResource(reading: Reading, node: Node, decorators: readonly Decorator[]): Resource {
  const existing = node.children.some(({ type }) => type === "existing");
  return { ...readDeployed(reading, node, decorators, readExpression), kind: "resource", existing };
}

function readLoop(reading: Reading, node: Node): Expression {
  const at = reading.at(node);
  const named = node.childForFieldName("initializer");
  const pair = partsOf(node).find(({ type }) => type === "for_loop_parameters");
  const over = partsOf(node).find((part) => part.id !== named?.id && part.id !== pair?.id);
  const [item, index] = pair ? partsOf(pair) : [named];
  if (!item || !over) return { at, kind: "unreadable" };
  return {
    at,
    kind: "for",
    item: item.text,
    index: index?.text,
    over: readExpression(reading, over),
    body: readExpression(reading, field(node, "body")),
  };
}

function readIf(reading: Reading, node: Node): Expression {
  const at = reading.at(node);
  const [condition, body] = partsOf(node);
  if (!condition || !body) return { at, kind: "unreadable" };
  return {
    at,
    kind: "if",
    condition: readExpression(reading, condition),
    body: readExpression(reading, body),
  };
}

function readChoice(reading: Reading, node: Node): Expression {
  const at = reading.at(node);
  const yes = readExpression(reading, field(node, "consequence"));
  const no = readExpression(reading, field(node, "alternative"));
  const condition = readExpression(reading, field(node, "condition"));
  return choose(condition, (inner) => ({ at, kind: "choice", condition: inner, yes, no }));
}

function readCall(reading: Reading, node: Node): Expression {
  const at = reading.at(node);
  const callee = readExpression(reading, field(node, "function"));
  const args = partsOf(field(node, "arguments")).map((argument) => readExpression(reading, argument));
  return afterOperand(callee, (inner) => callOf(inner, at, args));
}

function readMember(reading: Reading, node: Node): Expression {
  const at = reading.at(node);
  const of = readExpression(reading, field(node, "object"));
  if (node.type === "resource_expression") {
    const name = field(node, "resource").text;
    return afterOperand(of, (inner) => ({ at, kind: "nested", of: inner, name }));
  }
  const name = field(node, "property").text;
  const safe = node.children.some(({ type }) => type === ".?");
  return afterOperand(of, (inner) => ({ at, kind: "member", of: inner, name, safe }));
}

function readElement(reading: Reading, node: Node): Expression {
  const at = reading.at(node);
  const index = readExpression(reading, field(node, "index"));
  const safe = node.children.some(({ type }) => type === "?");
  const of = readExpression(reading, field(node, "object"));
  return afterOperand(of, (inner) => ({ at, kind: "element", of: inner, index, safe }));
}

function readBinary(reading: Reading, node: Node): Expression {
  const at = reading.at(node);
  const operator = field(node, "operator").type;
  const right = readExpression(reading, field(node, "right"));
  const left = readExpression(reading, field(node, "left"));
  return combine(operator, left, (inner) => ({ at, kind: "binary", operator, left: inner, right }));
}

function readLambda(reading: Reading, node: Node): Expression {
  const at = reading.at(node);
  const [given, body] = partsOf(node);
  if (!given || !body) return { at, kind: "unreadable" };
  const names = given.type === "parenthesized_expression" ? partsOf(given) : [given];
  return {
    at,
    kind: "lambda",
    parameters: names.map(({ text }) => text),
    body: readExpression(reading, body),
  };
}
