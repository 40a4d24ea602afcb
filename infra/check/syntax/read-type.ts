import type { Node } from "web-tree-sitter";
import { partsOf, type Reading } from "./parser.ts";
import { readDecorators } from "./read-decorators.ts";
import { literalText } from "./read-text.ts";
import type { Decorator, TypeExpression, TypeMember } from "./tree.ts";

const primitives = new Set([
  "array",
  "bool",
  "int",
  "object",
  "secureObject",
  "secureString",
  "string",
  "any",
]);

/** Reads a type. In some places the grammar takes types for expressions of the same look. */
export function readType(reading: Reading, node: Node): TypeExpression {
  const at = reading.at(node);
  const parts = partsOf(node);
  const [first] = parts;
  switch (node.type) {
    case "type":
    case "parenthesized_type":
    case "parenthesized_expression":
      return first ? readType(reading, first) : { at, kind: "unreadable" };
    case "identifier":
    case "primitive_type":
      return primitives.has(node.text)
        ? { at, kind: "primitive", name: node.text }
        : { at, kind: "named", name: node.text, of: undefined };
    case "string":
      return { at, kind: "literal", value: literalText(reading, node) };
    case "number":
      return { at, kind: "literal", value: Number(node.text) };
    case "boolean":
      return { at, kind: "literal", value: node.text === "true" };
    case "null":
      return { at, kind: "literal", value: null };
    case "nullable_type":
      return first ? { at, kind: "nullable", type: readType(reading, first) } : { at, kind: "unreadable" };
    case "array_type":
    case "subscript_expression":
      return first ? { at, kind: "array", item: readType(reading, first) } : { at, kind: "unreadable" };
    case "member_expression":
      return { at, kind: "named", name: parts[1]?.text ?? "", of: first?.text };
    case "union_type":
    case "binary_expression":
      return { at, kind: "union", options: parts.flatMap((part) => optionsOf(readType(reading, part))) };
    case "object":
      return readObjectType(reading, node);
    default:
      if (!node.hasError) reading.report(node, `the check cannot read this type (${node.type})`);
      return { at, kind: "unreadable" };
  }
}

const optionsOf = (type: TypeExpression) => (type.kind === "union" ? type.options : [type]);

function readObjectType(reading: Reading, node: Node): TypeExpression {
  const members: TypeMember[] = [];
  let others = false;
  let decorators: Decorator[] = [];
  for (const part of partsOf(node)) {
    if (part.type === "decorators") decorators = readDecorators(reading, part);
    if (part.type !== "object_property") continue;
    const [key, type] = partsOf(part);
    if (part.text.startsWith("*")) others = true;
    else if (key && type) members.push(readMember(reading, key, type, decorators));
    decorators = [];
  }
  return { at: reading.at(node), kind: "object", members, others };
}

function readMember(reading: Reading, key: Node, type: Node, decorators: Decorator[]): TypeMember {
  const name = key.type === "string" ? literalText(reading, key) : key.text;
  return { at: reading.at(key), name, type: readType(reading, type), decorators };
}
