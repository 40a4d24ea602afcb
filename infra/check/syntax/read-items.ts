import type { Node } from "web-tree-sitter";
import { needBreak, partsOf, type Reading } from "./parser.ts";
import { callOf } from "./rebind.ts";
import type { Expression } from "./tree.ts";

/** Reads the items of an array. The grammar takes `f()` and `list[0]` in it for two items, which stand close together. */
export function readItems(
  reading: Reading,
  array: Node,
  read: (reading: Reading, node: Node) => Expression,
): Expression[] {
  const items: Expression[] = [];
  let last: Node | undefined;
  for (const node of partsOf(array)) {
    const before = node.startIndex === last?.endIndex ? items.pop() : undefined;
    if (!before) needBreak(reading, last, node, true);
    else {
      const first = firstOperand(node);
      const args = partsOf(first).map((part) => read(reading, part));
      reading.replace(
        first,
        first.type === "array" ? elementOf(before, args) : callOf(before, before.at, args),
      );
    }
    items.push(read(reading, node));
    last = node;
  }
  return items;
}

/** The parentheses or brackets with which what follows begins. */
function firstOperand(node: Node): Node {
  let first = node;
  while (first.type !== "parenthesized_expression" && first.type !== "array" && first.firstNamedChild)
    first = first.firstNamedChild;
  return first;
}

function elementOf(of: Expression, [index]: readonly Expression[]): Expression {
  return index ? { at: of.at, kind: "element", of, index, safe: false } : { at: of.at, kind: "unreadable" };
}
