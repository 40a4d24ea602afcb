import type { Node } from "web-tree-sitter";
import type { Findings } from "../finding.ts";
import { Reading, needBreak, parseTree, partsOf } from "./parser.ts";
import { readDeclaration } from "./read-declaration.ts";
import { readDecorators } from "./read-decorators.ts";
import { literalText } from "./read-text.ts";
import type { Declaration, Decorator, SourceFile } from "./tree.ts";

/** Reads a Bicep file; `path` is how findings name it. */
export async function readSource(path: string, text: string, findings: Findings): Promise<SourceFile> {
  const reading = new Reading(path, text, findings);
  const tree = await parseTree(reading);
  const declarations: Declaration[] = [];
  let targetScope = "resourceGroup";
  let decorators: Decorator[] = [];
  let last: Node | undefined;
  for (const node of partsOf(tree.rootNode)) {
    if (last?.type !== "decorators") needBreak(reading, last, node, false);
    last = node;
    if (node.type === "decorators") {
      decorators = readDecorators(reading, node);
      continue;
    }
    if (node.type === "target_scope_assignment") {
      targetScope = literalText(reading, partsOf(node)[0]);
    }
    const read = readDeclaration(reading, node, decorators);
    if (read) declarations.push(...(Array.isArray(read) ? read : [read]));
    decorators = [];
  }
  tree.delete();
  return { path, targetScope, declarations };
}

/** Reads a parameters file, which the grammar does not know: its `param x = v` are read as variables of the same look. */
export async function readParameters(path: string, text: string, findings: Findings): Promise<SourceFile> {
  const asVariables = text
    .replace(/^using\s.*$/m, (line) => " ".repeat(line.length))
    .replace(/^param(\s+\w+\s*=)/gm, "var  $1");
  return readSource(path, asVariables, findings);
}
