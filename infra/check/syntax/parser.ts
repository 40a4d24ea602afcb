import { createRequire } from "node:module";
import { Language, Parser, type Node, type Tree } from "web-tree-sitter";
import type { Findings } from "../finding.ts";
import type { Expression, Position } from "./tree.ts";

const require = createRequire(import.meta.url);
let ready: Promise<Parser> | undefined;

/** The parser with the Bicep grammar, made once. */
export function bicepParser(): Promise<Parser> {
  ready ??= (async () => {
    await Parser.init();
    const grammar = require.resolve("tree-sitter-bicep/tree-sitter-bicep.wasm");
    return new Parser().setLanguage(await Language.load(grammar));
  })();
  return ready;
}

/** What the readers of a file share: its text, and where to say what is wrong. */
export class Reading {
  readonly file: string;
  readonly text: string;
  readonly #findings: Findings;
  readonly #replaced = new Map<number, Expression>();

  constructor(file: string, text: string, findings: Findings) {
    this.file = file;
    this.text = text;
    this.#findings = findings;
  }

  at({ startPosition: { row, column } }: Node): Position {
    return { file: this.file, line: row + 1, column: column + 1 };
  }

  /** What to read instead of a node that the grammar has cut off from what stands before it. */
  replace(node: Node, expression: Expression): void {
    this.#replaced.set(node.id, expression);
  }

  replaced(node: Node): Expression | undefined {
    return this.#replaced.get(node.id);
  }

  report(node: Node, message: string): void {
    this.#findings.report(this.at(node), message);
  }
}

/** Parses, and reports what the grammar does not understand. */
export async function parseTree(reading: Reading): Promise<Tree> {
  const parser = await bicepParser();
  const tree = parser.parse(reading.text);
  if (tree === null) throw new Error(`${reading.file} could not be parsed`);
  if (tree.rootNode.hasError) reportErrors(reading, tree.rootNode);
  return tree;
}

/** The smallest nodes that are in error; the larger ones around them say nothing more. */
function reportErrors(reading: Reading, node: Node): void {
  if (node.isMissing)
    return reading.report(node, `syntax error: ${JSON.stringify(node.type)} is missing here`);
  if (node.isError) {
    const text = node.text.split("\n")[0]?.slice(0, 60) ?? "";
    return reading.report(node, `syntax error at "${text}"`);
  }
  for (const child of node.children) if (child.hasError || child.isMissing) reportErrors(reading, child);
}

/** The named children without remarks. */
export function partsOf(node: Node): Node[] {
  return node.namedChildren.filter((child) => !isRemark(child));
}

/** Between properties, items and statements there is a comma or a new line, and between statements a new line: the grammar takes them without. */
export function needBreak(reading: Reading, before: Node | undefined, node: Node, comma: boolean): void {
  if (before === undefined) return;
  const separator = comma ? /[\n,]/ : /\n/;
  if (!separator.test(reading.text.slice(before.endIndex, node.startIndex)))
    reading.report(node, "a new line is missing before this");
}

const isRemark = ({ type }: Node): boolean => type === "comment" || type === "diagnostic_comment";
