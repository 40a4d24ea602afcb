import type { Node } from "web-tree-sitter";
import { partsOf, type Reading } from "./parser.ts";
import { literalText } from "./read-text.ts";
import type { Decorator, Expression } from "./tree.ts";

/** What resources and modules have in common: a name, a string that says which one, and a body. */
export function readDeployed(
  reading: Reading,
  node: Node,
  decorators: readonly Decorator[],
  readBody: (reading: Reading, node: Node) => Expression,
) {
  const at = reading.at(node);
  const [name, type, body] = partsOf(node);
  return {
    at,
    name: name?.text ?? "",
    decorators,
    type: literalText(reading, type),
    body: body ? readBody(reading, body) : { at, kind: "unreadable" as const },
  };
}
