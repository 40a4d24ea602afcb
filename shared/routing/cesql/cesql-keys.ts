import { exactKeys, keysOfAll, keysOfAny, type KeyOptions } from "../filter-key.ts";
import { compileLike } from "./like.ts";
import type { CesqlNode } from "./parse.ts";

/** What the attributes of every event are for which an expression comes to true: those that are compared with texts. */
export function keysOfCesql(node: CesqlNode): KeyOptions {
  switch (node.type) {
    case "logic": {
      const keys = [keysOfCesql(node.left), keysOfCesql(node.right)];
      if (node.op === "XOR") return [];
      return node.op === "AND" ? keysOfAll(keys) : keysOfAny(keys);
    }
    case "compare": {
      if (node.op !== "=") return [];
      const isFirst = node.left.type === "attribute";
      return keysOfTexts(isFirst ? node.left : node.right, [isFirst ? node.right : node.left]);
    }
    case "in":
      return node.isNegated ? [] : keysOfTexts(node.operand, node.items);
    case "like": {
      const { prefix } = compileLike(node.pattern);
      if (node.isNegated || node.operand.type !== "attribute" || prefix === "") return [];
      return [[{ source: "event", path: [node.operand.name], wants: { prefix } }]];
    }
    default:
      return [];
  }
}

/** Numbers are no keys: an attribute may write them in more than one way. */
function keysOfTexts(of: CesqlNode, values: readonly CesqlNode[]): KeyOptions {
  const texts = values.flatMap((value) =>
    value.type === "literal" && typeof value.value === "string" ? [value.value] : [],
  );
  if (of.type !== "attribute" || texts.length !== values.length) return [];
  return exactKeys("event", [of.name], texts);
}
