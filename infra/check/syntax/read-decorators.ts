import type { Node } from "web-tree-sitter";
import { partsOf, type Reading } from "./parser.ts";
import { readExpression } from "./read-expression.ts";
import type { Decorator } from "./tree.ts";

/** Reads the decorators that stand before a declaration or a member of a type. */
export function readDecorators(reading: Reading, node: Node): Decorator[] {
  return partsOf(node).flatMap((decorator) => {
    const call = partsOf(decorator)[0];
    const read = call && readExpression(reading, call);
    return read?.kind === "call" ? [{ at: read.at, name: read.name, args: read.args }] : [];
  });
}
