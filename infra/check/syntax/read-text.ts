import type { Node } from "web-tree-sitter";
import type { Reading } from "./parser.ts";
import type { Expression } from "./tree.ts";

const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", "'": "'", "\\": "\\", $: "$" };

/** Reads a string from the file's own text: the grammar loses blanks around `${…}`. */
export function readText(
  reading: Reading,
  node: Node,
  readInner: (reading: Reading, node: Node) => Expression,
): Expression {
  const at = reading.at(node);
  if (node.text.startsWith("'''"))
    return { at, kind: "text", parts: [node.text.slice(3, -3).replace(/^\r?\n/, "")] };
  const parts: (string | Expression)[] = [];
  let from = node.startIndex + 1;
  for (const child of node.namedChildren) {
    if (child.type !== "interpolation") continue;
    // The node begins with the blanks before it.
    parts.push(unescape(reading.text.slice(from, reading.text.indexOf("${", child.startIndex))));
    const inner = child.namedChildren[0];
    if (inner) parts.push(readInner(reading, inner));
    from = child.endIndex;
  }
  parts.push(unescape(reading.text.slice(from, node.endIndex - 1)));
  return { at, kind: "text", parts: parts.filter((part) => part !== "") };
}

/** The text of a string without expressions in it. */
export function plainText(expression: Expression): string | undefined {
  if (expression.kind !== "text") return undefined;
  const parts = expression.parts.filter((part) => typeof part === "string");
  return parts.length === expression.parts.length ? parts.join("") : undefined;
}

/** The text of a string node that may have no expressions in it, or nothing for any other node. */
export function literalText(reading: Reading, node: Node | undefined): string {
  if (node?.type !== "string") return "";
  return (
    plainText(readText(reading, node, (_, inner) => ({ at: reading.at(inner), kind: "unreadable" }))) ?? ""
  );
}

function unescape(text: string): string {
  return text.replace(/\\(?:u\{([0-9a-fA-F]+)\}|(.))/g, (_, code?: string, letter = "") =>
    code === undefined ? (escapes[letter] ?? letter) : String.fromCodePoint(Number.parseInt(code, 16)),
  );
}
